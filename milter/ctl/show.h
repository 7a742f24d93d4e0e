/* SPDX-License-Identifier: ISC */
/* What hopwardctl scan prints of one file: text, text with reasons, or a JSON line. */
#ifndef HOPWARD_CTL_SHOW_H
#define HOPWARD_CTL_SHOW_H

#include "conf.h"
#include "ctl/text.h"
#include "judge/policy.h"

struct show {
	const char			*file;
	const struct conf		*conf;
	const struct message_facts	*facts;
	const struct verdict		*verdict;
	const char			*walls;		/* of the scanner's generation */
};

/* One line, and one more for each part with a finding. */
void	show_text(struct buf *, const struct text *, const struct show *);
/* The same with the class and why, each part, the reply, the headers, the times. */
void	show_explain(struct buf *, const struct text *, const struct show *);
/* One object and a line end. */
void	show_json(struct buf *, const struct show *);
/* A file that could not be read, as JSON: {"file":...,"error":...}. */
void	show_json_error(struct buf *, const char *file, const char *error);

#endif
