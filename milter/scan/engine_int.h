/* SPDX-License-Identifier: ISC */
/* What engine.c, engine_load.c and engine_try.c share, and nobody else includes. */
#ifndef HOPWARD_SCAN_ENGINE_INT_H
#define HOPWARD_SCAN_ENGINE_INT_H

#include <clamav.h>
#include <iconv.h>

#include "scan/engine.h"
#include "scan/layers.h"

struct engine {
	struct cl_engine	*cl;
	struct cl_scan_options	 options;	/* for objects; for the message without PARSE_MAIL */
	int			 mail_at_top;
	int			 precedence;
	uint64_t		 max_filesize;
	uint64_t		 max_html;
	uint64_t		 max_scantime;
	iconv_t			*converters;
	size_t			 converters_count;
	char			 scratch[4096];
	size_t			 members_max;
	struct layers		*members;	/* of the latest scan; NULL */
};

/* engine.c: what libclamav says outside of a scan goes to the log. */
void	engine_listen(void);
/* engine.c: the callbacks of a scan. */
void	engine_callbacks(struct cl_engine *);

/* engine_load.c: an engine with the settings and without signatures, and the options to load them with; or NULL with err. */
struct cl_engine *engine_empty(const struct scan_settings *, unsigned int *options, char *err, size_t errlen);

/* engine_try.c: the signature files of the administrator's own directories. */
struct own_file {
	char	*path;
	char	*why;		/* it is left out; NULL: it is not */
	int	 first;		/* to be loaded before the official ones */
};
struct own_files {
	struct own_file	*list;
	size_t		 count, size;
};

/* The next directory of settings->extra_databases; *list moves on.  0 at the end. */
int	own_next(const char **list, char *dir, size_t size);
/* All files of them, by name.  What cannot be read is put down as left out.  0, or -1: no memory. */
int	own_find(const struct scan_settings *, struct own_files *);
/* Loads each alone, in a process of its own, and puts down what libclamav says of a broken one. */
void	own_try(const struct scan_settings *, struct own_files *);
/* Puts down why.  1, or -1: no memory. */
int	own_leave_out(struct own_file *, const char *why);
void	own_free(struct own_files *);

#endif
