/* SPDX-License-Identifier: ISC */
/* What the files of hopwardctl verify share: how it is shown, and the MTA's log beside the records. */
#ifndef HOPWARD_CTL_VERIFY_H
#define HOPWARD_CTL_VERIFY_H

#include "ctl/ctl.h"
#include "record/verify.h"

/* ---- verifyshow.c: to standard output, as text or JSON lines ---- */

#define VERIFY_SHOWN_MAX	10000	/* findings of a stream one by one; the rest is counted */

void	verify_show_finding(const struct ctl *, const char *stream, const struct verify_finding *);
void	verify_show_report(const struct ctl *, const struct verify_report *, uint64_t files, uint64_t shown_not);

/* ---- verifymta.c: queue ids of the MTA's log that no record has ---- */

#define VERIFY_RECORDS_MAX	20000000	/* messages of which queue id and time are kept: 320 MB */
#define VERIFY_OPEN_MAX		200000		/* messages that the log began and has not ended: 50 MB */

struct verify_mta;

struct verify_mta_counts {
	uint64_t	records;	/* that have a queue id */
	uint64_t	lines, mails;	/* of the log; mails: taken by the MTA in the time that is looked at */
	uint64_t	missing;	/* of them without a record */
	uint64_t	refused;	/* by a milter */
	uint64_t	before;		/* mails before the first record: not judged */
	uint64_t	unknown;	/* mails taken whose beginning is not in the log */
	uint64_t	forgotten;	/* begun, and more of them than are kept in mind */
	uint64_t	timeless;
	int		full;		/* VERIFY_RECORDS_MAX was reached */
};

struct verify_mta *verify_mta_new(const struct ctl *, uint64_t since_ms, uint64_t until_ms);
void	verify_mta_free(struct verify_mta *);
void	verify_mta_record(struct verify_mta *, const struct line *);
/* Reads a log ("-": standard input) after all records were given; shows what has none.  0, or an exit code after telling why. */
int	verify_mta_log(struct verify_mta *, const char *path);
/* After the last log: shows the rest, and the counts.  Not 0: something has no record. */
uint64_t verify_mta_end(struct verify_mta *, uint64_t gone);

#endif
