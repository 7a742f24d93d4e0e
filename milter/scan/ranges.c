/* SPDX-License-Identifier: ISC */
/* Which stretches of a message were read already, and which of them leave no room for another reading. */
/*
 * Called by walk.c (what the strict reader saw) and views.c (what the views
 * saw).  A hash table of (begin, end, decoder), and the plain texts in their
 * order, so that a piece of one can be told.
 */

#include <stdlib.h>
#include <string.h>

#include "scan/ranges.h"

struct range {
	size_t	begin, end;
	int	kind;		/* enum decode_kind, or RANGE_PLAIN; -1: empty slot */
	int	plain;
};

struct ranges {
	struct range	*slots;
	size_t		 count, size;	/* size: a power of two */
	struct text {
		size_t	begin, end;
	}		*texts;
	size_t		 texts_count, texts_size;
};

struct ranges *
ranges_new(void)
{
	return calloc(1, sizeof(struct ranges));
}

void
ranges_free(struct ranges *r)
{
	if (r == NULL)
		return;
	free(r->slots);
	free(r->texts);
	free(r);
}

/* Offsets are an attacker's, so they are mixed well enough that no table of them degenerates by choice of lengths. */
static size_t
range_hash(size_t begin, size_t end, int kind)
{
	uint64_t h = begin * UINT64_C(0x9e3779b97f4a7c15) ^ (end + UINT64_C(0x7f4a7c15)) * UINT64_C(0xff51afd7ed558ccd);

	h ^= (uint64_t)(kind + 1) * UINT64_C(0xc4ceb9fe1a85ec53);
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	return (size_t)(h ^ h >> 29);
}

static struct range *
range_slot(const struct ranges *r, size_t begin, size_t end, int kind)
{
	size_t at = range_hash(begin, end, kind) & (r->size - 1);

	while (r->slots[at].kind != -1) {
		struct range *s = &r->slots[at];

		if (s->begin == begin && s->end == end && s->kind == kind)
			break;
		at = (at + 1) & (r->size - 1);
	}
	return &r->slots[at];
}

static int
ranges_grow(struct ranges *r)
{
	struct ranges bigger = { .size = r->size == 0 ? 64 : 2 * r->size };
	size_t i;

	if ((bigger.slots = reallocarray(NULL, bigger.size, sizeof(*bigger.slots))) == NULL)
		return -1;
	for (i = 0; i < bigger.size; i++)
		bigger.slots[i].kind = -1;
	for (i = 0; i < r->size; i++)
		if (r->slots[i].kind != -1)
			*range_slot(&bigger, r->slots[i].begin, r->slots[i].end, r->slots[i].kind) = r->slots[i];
	free(r->slots);
	r->slots = bigger.slots;
	r->size = bigger.size;
	return 0;
}

int
ranges_enter(struct ranges *r, size_t begin, size_t end, int kind, int plain)
{
	struct range *s;

	if (4 * (r->count + 1) > 3 * r->size && ranges_grow(r) == -1)
		return -1;
	s = range_slot(r, begin, end, kind);
	if (s->kind != -1) {
		s->plain |= plain;
		return 1;
	}
	s->begin = begin;
	s->end = end;
	s->kind = kind;
	s->plain = plain;
	r->count++;
	return 0;
}

int
ranges_add(struct ranges *r, size_t begin, size_t end, enum decode_kind decode, int plain, int text)
{
	struct text *t;
	size_t size;

	if (ranges_enter(r, begin, end, (int)decode, plain) == -1 ||
	    (plain && ranges_enter(r, begin, end, RANGE_PLAIN, 1) == -1))
		return -1;
	if (!plain || !text || (decode != DECODE_IDENTITY && decode != DECODE_QP))
		return 0;
	if (r->texts_count == r->texts_size) {
		size = r->texts_size == 0 ? 16 : 2 * r->texts_size;
		if ((t = reallocarray(r->texts, size, sizeof(*t))) == NULL)
			return -1;
		r->texts = t;
		r->texts_size = size;
	}
	/* They come in the order of the message, and none lies in another. */
	r->texts[r->texts_count].begin = begin;
	r->texts[r->texts_count].end = end;
	r->texts_count++;
	return 0;
}

int
ranges_has(const struct ranges *r, size_t begin, size_t end, int kind)
{
	return r->size > 0 && range_slot(r, begin, end, kind)->kind != -1;
}

int
ranges_plain(const struct ranges *r, size_t begin, size_t end)
{
	return ranges_has(r, begin, end, RANGE_PLAIN);
}

int
ranges_in_text(const struct ranges *r, size_t begin, size_t end)
{
	size_t lo = 0, hi = r->texts_count, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (r->texts[mid].begin <= begin)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo > 0 && end <= r->texts[lo - 1].end;
}
