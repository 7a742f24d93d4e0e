/* SPDX-License-Identifier: ISC */
/* Tells one story: how the message came, what was made of it, where it went; as text or as a JSON object. */
#ifndef HOPWARD_CTL_TELLING_H
#define HOPWARD_CTL_TELLING_H

#include "base/buf.h"
#include "ctl/story.h"
#include "ctl/text.h"
#include "judge/profile.h"

#define TELLING_MAX	(64u * 1024 * 1024)	/* octets of one story: the most deliveries and a message of a thousand parts */

struct telling {
	const char		*queue_id;
	const struct profile	*profile;	/* that grades deliveries; NULL: they have no grade */
	int			 collected;	/* there are records of deliveries at all */
	size_t			 others;	/* stories of the same queue id; for JSON */
};

void	telling_text(struct buf *, const struct text *, const struct telling *, const struct stories *, size_t story);
/* One object and a line end. */
void	telling_json(struct buf *, const struct telling *, const struct stories *, size_t story);

#endif
