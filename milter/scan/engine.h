/* SPDX-License-Identifier: ISC */
/* libclamav, and nothing else: load, share, scan one object from memory, say honestly what came of it. */
#ifndef HOPWARD_SCAN_ENGINE_H
#define HOPWARD_SCAN_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "judge/facts.h"
#include "scan/layers.h"

struct engine;

/* Loads and compiles all signatures of settings->database, opens all that libclamav would open lazily.  0, or -1 with err filled. */
int	engine_load(const struct scan_settings *, struct engine **, struct engine_info **, char *err, size_t errlen);
void	engine_free(struct engine *);
/* Collapses the process' large private mappings into huge pages (best effort).  Returns the octets collapsed. */
uint64_t engine_collapse(void);
/* In a worker, after the fork and before the first scan: its own directory for temporary files.  0 or -1. */
int	engine_scratch(struct engine *, const char *dir);

/* Bounds each later engine_scan() to `ms` (0: settings' MaxScanTime alone); the finding is then TIMEOUT. */
void	engine_time_limit(struct engine *, uint64_t ms);

struct engine_finding {
	enum outcome	 outcome;	/* CLEAN INFECTED PUA ENCRYPTED MACRO LIMIT UNOPENED TIMEOUT NOT_SCANNED */
	char		 signature[256];	/* "" if none */
	char		 detail[128];	/* which limit, which member, why not scanned; "" */
	char		 real_type[40];	/* "CL_TYPE_..." of the outermost layer; "" */
};
/*
 * Scans data[0..len).  `raw_mail`: the whole message, read without the engine's own mail parser.
 * `name`: for signatures on names; may be NULL.  A failed write of a temporary file is NOT_SCANNED, never CLEAN.
 */
void	engine_scan(struct engine *, const void *data, size_t len, int raw_mail, const char *name, struct engine_finding *);
/*
 * The members of the object that was scanned last, at any depth; not more than
 * MaxFiles and SCAN_MEMBERS_MAX (more is LIMIT, "members").  Good until the next
 * scan.  NULL engine: none.
 */
const struct layer_member *engine_members(const struct engine *, size_t *count);

#endif
