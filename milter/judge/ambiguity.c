/* SPDX-License-Identifier: ISC */
/* What is said of a message's MIME ambiguity: its field, and each token in a sentence.  Pure. */
/*
 * Called by the front for X-Hopward-MIME and by hopwardctl.  Finds nothing
 * ambiguous itself: that is scan/'s, and what is done about it is policy.c's.
 */
#include <string.h>

#include "judge/ambiguity.h"

const struct ambiguity_meaning	ambiguity_meanings[] = {
	{ "CT-DUP", "hard", "Content-Type stands more than once: some readers take the first, some the last" },
	{ "CTE-DUP", "hard", "Content-Transfer-Encoding stands more than once: readers decode differently" },
	{ "CD-DUP", "soft", "Content-Disposition stands more than once" },
	{ "NAME-WSP", "soft", "blanks between a field's name and its colon: some readers do not see the field" },
	{ "NAME-CTL", "hard", "a control character in the name of a field or of a file" },
	{ "NAME-COMMENT", "hard", "a comment between a field's name and its colon" },
	{ "NUL-HDR", "hard", "a NUL in the header: some readers stop there" },
	{ "BARE-CR", "hard", "a carriage return alone: to some readers the end of a line" },
	{ "HDR-JUNK", "soft or hard", "a line in a header that is no field (hard: MIME fields stand behind it)" },
	{ "HDR-NOSEP", "soft", "no empty line between a header and its body" },
	{ "TYPE-LONG", "soft", "a media type longer than any real one: it was cut" },
	{ "CTE-ODD", "soft", "an encoding's name with something around it, or on a type that allows none" },
	{ "CTE-UNKNOWN", "soft or hard", "an encoding that nobody knows (hard: and the body looks encoded)" },
	{ "CTE-COMPOSITE", "hard", "a multipart or a message that says of itself that it is encoded" },
	{ "COMMENT", "soft", "a comment in a structured field" },
	{ "PARAM-COMMENT", "hard", "a comment inside a parameter that decides where parts begin" },
	{ "PARAM-BAD", "soft", "a parameter that follows no grammar" },
	{ "PARAM-DUP", "hard", "two boundaries in one Content-Type: readers split at different lines" },
	{ "PARAM-MANY", "hard", "a parameter in more sections (RFC 2231) than are read" },
	{ "PARAM-HIDDEN", "hard", "\"boundary=\" inside another parameter or a comment: some readers take it" },
	{ "P2231", "hard", "a boundary in the extended form of RFC 2231, which few readers know" },
	{ "P2047", "hard", "a boundary as an encoded word, which some readers decode and others do not" },
	{ "QUOTE-ODD", "hard", "a boundary whose quotes do not match" },
	{ "TOKEN-ODD", "soft or hard", "an unquoted boundary with characters that want quotes (hard: readers cut it at different places)" },
	{ "BND-MISSING", "hard", "a multipart without a boundary" },
	{ "BND-IN-CD", "hard", "a boundary in Content-Disposition, where some readers look for one" },
	{ "BND-EMPTY", "hard", "an empty boundary" },
	{ "BND-LONG", "soft", "a boundary of more than 70 characters" },
	{ "BND-CASE", "soft", "a boundary line in other case than the boundary" },
	{ "BND-PREFIX", "soft or hard", "a boundary that another one begins with (soft: both multiparts are well-formed)" },
	{ "BND-REUSE", "hard", "a boundary that an outer multipart has as well" },
	{ "NAME-DUP", "soft", "a part with several names: readers show different ones" },
	{ "NAME-BIDI", "soft", "a file name with characters that turn the direction of text" },
	{ "NAME-LONG", "soft", "a file name longer than is kept" },
	{ "NAME-CHARSET", "soft", "a file name in an unknown character set, or one that does not fit its octets" },
	{ "MP-UNCLOSED", "soft", "a multipart without its last boundary line" },
	{ "EOL-MIX", "soft", "some lines end in CR LF, some in LF alone" },
	{ "PART-HDR-ODD", "soft", "blank lines before or inside a part's header" },
	{ "DELIM-ODD", "soft or hard", "almost a boundary line: text before it, other dashes (hard: and a part behind it)" },
	{ "DELIM-IN-B64", "hard", "a boundary line inside what goes on as base64" },
	{ "DELIM-TRAIL", "hard", "something behind the boundary on its line: a delimiter to some readers only" },
	{ "PREAMBLE-PART", "hard", "what looks like a part stands before the first boundary line" },
	{ "EPILOGUE-PART", "hard", "what looks like a part stands behind the last boundary line" },
	{ "PARTIAL", "hard", "message/partial: a fragment, only the recipient's reader puts the file together" },
	{ "EXTERNAL", "hard", "message/external-body: the content is elsewhere and was not seen" },
	{ "B64-JUNK", "soft", "characters in base64 that are none of its own" },
	{ "B64-ALPHA", "soft", "base64 in the alphabet for URLs or mailbox names, which some readers skip" },
	{ "B64-PAD-MID", "soft or hard", "base64 with padding in the middle: readers stop, skip it or begin anew (soft: prose behind it, as lists add)" },
	{ "QP-PAD", "soft", "blanks at the end of lines of quoted-printable" },
	{ "QP-BAD", "soft", "quoted-printable with sequences that mean nothing" },
	{ "UU-BAD", "soft", "uuencode with lines of the wrong length" },
	{ "OPAQUE", "soft", "an S/MIME object that is not encrypted and yet could not be opened" },
	{ "ENC-INLINE", "soft", "an encoded file in the middle of text, which some readers show as an attachment" },
	{ "VIEW-ONLY", "soft", "an object that only a lenient reader finds" },
	{ "LIMIT", "limit", "a bound was reached: not everything was looked at" },
	{ NULL, NULL, NULL }
};

const struct ambiguity_meaning *
ambiguity_meaning(const char *token)
{
	const struct ambiguity_meaning *m;

	for (m = ambiguity_meanings; m->token != NULL; m++)
		if (strcmp(m->token, token) == 0)
			return m;
	return NULL;
}

uint32_t
ambiguity_objects(const struct scan_result *scan)
{
	uint32_t i, n = 0;

	for (i = 1; i < scan->parts_count; i++)
		n += !scan->parts[i].member;
	return n;
}

/* No other octets get into a field, whoever made the facts. */
static int
token_valid(const char *s)
{
	return *s != '\0' && s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] == '\0';
}

int
ambiguity_field(const struct scan_result *scan, int from, struct buf *out)
{
	const size_t start = out->len, room = sizeof("; more=4294967295");
	uint32_t i, more = 0, n = 0;

	if (scan == NULL || scan->ambiguity == AMBIGUITY_NONE || (int)scan->ambiguity < from)
		return 0;
	buf_addf(out, "%s; views=%u; objects=%u", ambiguity_str(scan->ambiguity), scan->views, ambiguity_objects(scan));
	for (i = 0; i < scan->reasons_count; i++) {
		if (!token_valid(scan->reasons[i]) || out->len - start + strlen(scan->reasons[i]) + room + 10 > AMBIGUITY_FIELD_MAX)
			more++;
		else
			buf_addf(out, "%s%s", n++ == 0 ? "; reasons=" : ",", scan->reasons[i]);
	}
	if (more > 0)
		buf_addf(out, "; more=%u", more);
	return 1;
}
