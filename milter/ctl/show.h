/* SPDX-License-Identifier: ISC */
/* What hopwardctl scan prints of one file: text, text with reasons, or a JSON line. */
#ifndef HOPWARD_CTL_SHOW_H
#define HOPWARD_CTL_SHOW_H

#include "conf.h"
#include "ctl/text.h"
#include "judge/policy.h"

struct show {
	const char			*file;
	uint32_t			 number;	/* of the message in an mbox, from 1; 0: it is the file */
	const struct conf		*conf;
	const struct message_facts	*facts;
	const struct verdict		*verdict;
	const char			*walls;		/* of the scanner's generation */
};

/* One line, and one more for each part with a finding. */
void	show_text(struct buf *, const struct text *, const struct show *);
/* The same with the class and why, the rule that decided, the reply, the headers, the times, the MIME, and the tree of parts. */
void	show_explain(struct buf *, const struct text *, const struct show *);
/* One object and a line end. */
void	show_json(struct buf *, const struct show *);
/* "infected (Eicar-Test)", "limit (MaxFileSize)", in colour. */
void	show_outcome(struct buf *, const struct text *, enum outcome, const char *signature, const char *detail);
/* Of a part, after the judge. */
enum outcome show_part_outcome(const struct show *, uint32_t part);
/* The same of a part, with why it is blocked. */
void	show_part_finding(struct buf *, const struct text *, const struct show *, uint32_t part);
/* The walker's tokens, each with its class and a sentence; as text or as JSON. */
void	show_reasons(struct buf *, const struct text *);
void	show_reasons_json(struct buf *);
/* A file that could not be read, as JSON: {"file":...,"error":...}. */
void	show_json_error(struct buf *, const char *file, const char *error);

#endif
