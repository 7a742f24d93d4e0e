/* SPDX-License-Identifier: ISC */
/* The objects of a message as a tree for people: where each was found, what it is, what became of it. */
#ifndef HOPWARD_CTL_TREE_H
#define HOPWARD_CTL_TREE_H

#include "ctl/show.h"

/*
 * The line "parts", then two lines or more for each part, below the one in
 * which it was found: 1.2/3 below 1.2, 2>1 below 2, what hangs in nothing below the message.
 * Facts with a result alone.
 */
void	tree_write(struct buf *, const struct text *, const struct show *);

#endif
