/* SPDX-License-Identifier: ISC */
/* The stable tokens for what makes readers of one message differ, each with how grave it is. */
#ifndef HOPWARD_SCAN_REASONS_H
#define HOPWARD_SCAN_REASONS_H

#include <stddef.h>
#include <stdint.h>

#include "judge/facts.h"

/*
 * Collected as a mask of bits, so that noting one twice costs nothing.  Soft:
 * seen in honest mail, never alone a cause to refuse.  Hard: near zero in
 * honest mail.  A token may stand twice where its gravity depends on the case.
 */
#define MIME_REASONS(X)							\
	/* fields */							\
	X(CT_DUP, "CT-DUP", HARD)					\
	X(CTE_DUP, "CTE-DUP", HARD)					\
	X(CD_DUP, "CD-DUP", SOFT)					\
	X(NAME_WSP, "NAME-WSP", SOFT)		/* "Content-Type :" */	\
	X(NAME_CTL, "NAME-CTL", HARD)		/* of a field or a file */ \
	X(NAME_COMMENT, "NAME-COMMENT", HARD)	/* "Content-Type (x):" */ \
	X(NUL_HDR, "NUL-HDR", HARD)					\
	X(BARE_CR, "BARE-CR", HARD)					\
	X(HDR_JUNK, "HDR-JUNK", HARD)		/* and MIME fields after it */ \
	X(HDR_JUNK_SOFT, "HDR-JUNK", SOFT)				\
	X(HDR_NOSEP, "HDR-NOSEP", SOFT)					\
	X(TYPE_LONG, "TYPE-LONG", SOFT)		/* cut: RFC 6838 allows 127 */ \
	X(CTE_ODD, "CTE-ODD", SOFT)					\
	X(CTE_UNKNOWN, "CTE-UNKNOWN", HARD)	/* and the body looks encoded */ \
	X(CTE_UNKNOWN_SOFT, "CTE-UNKNOWN", SOFT)			\
	X(CTE_COMPOSITE, "CTE-COMPOSITE", HARD)				\
	/* parameters */						\
	X(COMMENT, "COMMENT", SOFT)					\
	X(PARAM_COMMENT, "PARAM-COMMENT", HARD)				\
	X(PARAM_BAD, "PARAM-BAD", SOFT)					\
	X(PARAM_DUP, "PARAM-DUP", HARD)		/* of boundary */	\
	X(PARAM_MANY, "PARAM-MANY", HARD)	/* more RFC 2231 sections, or names, than are read */ \
	X(P2231, "P2231", HARD)			/* on boundary */	\
	X(P2047, "P2047", HARD)			/* on boundary */	\
	X(PARAM_HIDDEN, "PARAM-HIDDEN", HARD)	/* "boundary=" within another parameter or a comment */ \
	X(QUOTE_ODD, "QUOTE-ODD", HARD)		/* on boundary */	\
	X(TOKEN_ODD, "TOKEN-ODD", HARD)		/* on boundary, where cut and whole differ, or a multipart's type */ \
	X(TOKEN_ODD_SOFT, "TOKEN-ODD", SOFT)	/* on boundary: characters that want quotes; another type */ \
	X(BND_IN_CD, "BND-IN-CD", HARD)		/* in Content-Disposition */ \
	X(BND_MISSING, "BND-MISSING", HARD)				\
	X(BND_EMPTY, "BND-EMPTY", HARD)					\
	X(BND_LONG, "BND-LONG", SOFT)					\
	X(BND_CASE, "BND-CASE", SOFT)		/* a delimiter in other case */ \
	X(BND_PREFIX, "BND-PREFIX", HARD)				\
	X(BND_PREFIX_SOFT, "BND-PREFIX", SOFT)	/* both multiparts well-formed */ \
	X(BND_REUSE, "BND-REUSE", HARD)					\
	X(NAME_DUP, "NAME-DUP", SOFT)					\
	X(NAME_BIDI, "NAME-BIDI", SOFT)					\
	X(NAME_LONG, "NAME-LONG", SOFT)					\
	X(NAME_CHARSET, "NAME-CHARSET", SOFT)	/* unknown, or wrong for its octets */ \
	/* structure */							\
	X(EOL_MIX, "EOL-MIX", SOFT)		/* some lines end in CR LF, some in LF, or in CR CR LF */ \
	X(PART_HDR_ODD, "PART-HDR-ODD", SOFT)	/* blank lines before a part's fields, or of white space within */ \
	X(MP_UNCLOSED, "MP-UNCLOSED", SOFT)				\
	X(DELIM_TRAIL, "DELIM-TRAIL", HARD)				\
	X(DELIM_ODD, "DELIM-ODD", HARD)		/* with text before it, or other dashes, and a part behind */ \
	X(DELIM_ODD_SOFT, "DELIM-ODD", SOFT)				\
	X(DELIM_IN_B64, "DELIM-IN-B64", HARD)				\
	X(PREAMBLE_PART, "PREAMBLE-PART", HARD)				\
	X(EPILOGUE_PART, "EPILOGUE-PART", HARD)				\
	X(PARTIAL, "PARTIAL", HARD)					\
	X(EXTERNAL, "EXTERNAL", HARD)					\
	/* encodings */							\
	X(B64_JUNK, "B64-JUNK", SOFT)					\
	X(B64_ALPHA, "B64-ALPHA", SOFT)		/* the URL-safe alphabet, or IMAP's */ \
	X(B64_PAD_MID, "B64-PAD-MID", HARD)				\
	X(B64_PAD_MID_SOFT, "B64-PAD-MID", SOFT)	/* with prose behind it: a footer that a list added */ \
	X(QP_PAD, "QP-PAD", SOFT)					\
	X(QP_BAD, "QP-BAD", SOFT)					\
	X(UU_BAD, "UU-BAD", SOFT)					\
	X(ENC_INLINE, "ENC-INLINE", SOFT)	/* an encoded file in text */ \
	X(OPAQUE, "OPAQUE", SOFT)		/* S/MIME that is neither sealed nor could be opened */ \
	/* views */							\
	X(VIEW_ONLY, "VIEW-ONLY", SOFT)		/* a decoded object that the strict reading does not have */ \
	X(LIMIT, "LIMIT", LIMIT)		/* a bound was reached */

enum mime_reason {
#define X(e, token, grave) REASON_##e,
	MIME_REASONS(X)
#undef X
	REASON_MAX
};
#define REASON(e)	(UINT64_C(1) << REASON_##e)

#define REASONS_MAX	64
/* Those that are hard. */
uint64_t reasons_hard(void);
/* The tokens of a mask, each once, into out (REASONS_MAX), and the gravest's class.  Returns their number. */
size_t	reasons_list(uint64_t mask, const char **out, enum ambiguity *);

#endif
