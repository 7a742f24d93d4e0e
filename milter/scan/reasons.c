/* SPDX-License-Identifier: ISC */
/* The stable tokens for what makes readers of one message differ: from bits to words. */

#include "scan/reasons.h"

#include <string.h>

_Static_assert(REASON_MAX <= REASONS_MAX, "they are bits of a uint64_t");

uint64_t
reasons_hard(void)
{
	static const enum ambiguity grave[] = {
#define X(e, t, g) AMBIGUITY_##g,
		MIME_REASONS(X)
#undef X
	};
	uint64_t mask = 0;
	size_t i;

	for (i = 0; i < REASON_MAX; i++)
		if (grave[i] == AMBIGUITY_HARD)
			mask |= UINT64_C(1) << i;
	return mask;
}

size_t
reasons_list(uint64_t mask, const char **out, enum ambiguity *ambiguity)
{
	static const struct {
		const char	*token;
		enum ambiguity	 grave;
	} table[] = {
#define X(e, t, g) { t, AMBIGUITY_##g },
		MIME_REASONS(X)
#undef X
	};
	size_t i, n = 0;

	*ambiguity = AMBIGUITY_NONE;
	for (i = 0; i < REASON_MAX; i++) {
		if (!(mask & UINT64_C(1) << i))
			continue;
		if (table[i].grave > *ambiguity)
			*ambiguity = table[i].grave;
		if (n == 0 || strcmp(out[n - 1], table[i].token) != 0)
			out[n++] = table[i].token;
	}
	return n;
}
