/* SPDX-License-Identifier: ISC */
/* What a header block says of its message's authentication: results of SPF and DKIM (RFC 8601), and TLS-Required (RFC 8689). */
/*
 * Called by a worker for the top header block of a message.  A pass may make a
 * message its partner's, so the reading is strict where it matters: the
 * sender chose addresses and, through them, comments and quoted strings; what
 * two readers could read differently gives nothing, for the whole field.  It
 * is lenient where writers are only sloppy: unquoted values, words without a
 * ptype, an empty result at the end.  Exchange Online writes no authserv-id:
 * its fields give nothing, as nobody stands for them.  Where fields of one writer
 * contradict each other the upper one counts, also with what is no pass.  One pass, comments by a
 * counter.  Does not know whose fields are to be believed.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scan/authres.h"
#include "scan/header.h"

#define TEXT_MAX	255	/* of an authserv-id or a domain; a longer one is none */

/* Octets of the field; p NULL: not there. */
struct piece {
	const uint8_t	*p;
	size_t		 n;
};

struct reader {
	const uint8_t	*p, *end;
	int		 bad;
};

/* One "method=result ptype.property=value ..." */
struct resinfo {
	struct piece	method, result;
	struct piece	mailfrom, d, i;
	int		odd;		/* a property that counts is there twice, or may be another's value */
	int		version_bad;
};

struct pair {
	struct piece	ptype, property, value;	/* "reason=x" has no ptype */
	int		gap;		/* something stands between '=' and the value */
};

/* ---- octets ---- */

static int
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static int
is_word(uint8_t c)
{
	return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static int
piece_is(struct piece s, const char *text)
{
	return s.p != NULL && s.n == strlen(text) && strncasecmp((const char *)s.p, text, s.n) == 0;
}

/* No control characters, and line ends only as folds have them: others read a NUL or a lone CR as they like. */
static int
octets_fit(const uint8_t *p, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		if ((p[i] < ' ' && p[i] != '\t' && p[i] != '\n' && !(p[i] == '\r' && i + 1 < n && p[i + 1] == '\n')) ||
		    p[i] == 0x7f)
			return 0;
	return 1;
}

/*
 * From behind '(' to behind its ')'.  A quote means nothing in a comment, but
 * writers put addresses there: in ("a) smtp.mailfrom=b ("@c) the sender chose
 * where the comment ends.
 */
static void
comment_skip(struct reader *r)
{
	unsigned int	depth = 1, quoted = 0;

	for (; r->p < r->end; r->p++) {
		if (*r->p == '\\') {
			if (++r->p == r->end)
				break;
		} else if (*r->p == '"') {
			quoted ^= 1;
		} else if (*r->p == '(' || *r->p == ')') {
			if (quoted)
				break;
			depth += *r->p == '(' ? 1u : -1u;
			if (depth == 0) {
				r->p++;
				return;
			}
		}
	}
	r->bad = 1;
}

/* Over white space and comments; 1 if there was any. */
static int
cfws_skip(struct reader *r)
{
	const uint8_t	*begin = r->p;

	while (r->p < r->end && !r->bad) {
		if (is_blank(*r->p)) {
			r->p++;
		} else if (*r->p == '(') {
			r->p++;
			comment_skip(r);
		} else {
			break;
		}
	}
	return r->p > begin;
}

/* From behind '"' to behind the one that closes it; what is between. */
static struct piece
quoted_take(struct reader *r)
{
	struct piece	s = { r->p, 0 };

	for (; r->p < r->end; r->p++) {
		if (*r->p == '"') {
			s.n = (size_t)(r->p++ - s.p);
			return s;
		}
		if (*r->p == '\\' && ++r->p == r->end)
			break;
	}
	r->bad = 1;
	return s;
}

static struct piece
word_take(struct reader *r)
{
	struct piece	s = { r->p, 0 };

	while (r->p < r->end && is_word(*r->p))
		r->p++;
	s.n = (size_t)(r->p - s.p);
	return s;
}

/* Takes c if it stands here. */
static int
take(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != (uint8_t)c)
		return 0;
	r->p++;
	return 1;
}

/* ---- values ---- */

/* A token, a quoted string, or an address; with its quotes.  Base64 and URLs come unquoted, so nearly all octets may be in it. */
static struct piece
value_take(struct reader *r)
{
	struct piece	s = { r->p, 0 };

	while (r->p < r->end && !r->bad && !is_blank(*r->p) && *r->p != ';' && *r->p != '(') {
		if (*r->p == ')' || *r->p == '\\') {
			r->bad = 1;
		} else if (*r->p++ == '"') {
			(void)quoted_take(r);
		}
	}
	s.n = (size_t)(r->p - s.p);
	return s;
}

/* Without the one pair of delimiters around the whole. */
static struct piece
unwrapped(struct piece s, uint8_t open, uint8_t close)
{
	if (s.n >= 2 && s.p[0] == open && s.p[s.n - 1] == close)
		return (struct piece){ s.p + 1, s.n - 2 };
	return s;
}

/* Where the domain of an address begins; 0: it has no local part, -1: it is no address.  A local part may be a quoted string. */
static int
domain_begin(struct piece s, size_t *at)
{
	struct reader	r = { s.p, s.p + s.n, 0 };
	const uint8_t	*sign;

	*at = 0;
	if (take(&r, '"')) {
		(void)quoted_take(&r);
		if (r.bad || !take(&r, '@'))
			return -1;
	} else if ((sign = memchr(s.p, '@', s.n)) != NULL) {
		r.p = sign + 1;
		if (memchr(s.p, '"', (size_t)(sign - s.p)) != NULL)
			return -1;
	}
	*at = (size_t)(r.p - s.p);
	return 0;
}

/* "user@Example.COM", "@example.com", "example.com", quoted as a whole, or in angle brackets: gives "example.com"; 0: none. */
static int
domain_of(struct piece s, int address, char domain[TEXT_MAX + 1])
{
	size_t	at = 0, i;
	uint8_t	c;

	s = unwrapped(s, '"', '"');
	if (address) {
		s = unwrapped(s, '<', '>');
		if (s.n == 0 || domain_begin(s, &at) == -1)
			return 0;
		s = (struct piece){ s.p + at, s.n - at };
	}
	if (s.n > 1 && s.p[s.n - 1] == '.')
		s.n--;
	if (s.n == 0 || s.n > TEXT_MAX || s.p[s.n - 1] == '.')
		return 0;
	for (i = 0; i < s.n; i++) {
		c = lower(s.p[i]);
		if (!is_word(c) && c < 0x80 && (c != '.' || i == 0 || s.p[i - 1] == '.'))
			return 0;
		domain[i] = (char)c;
	}
	domain[i] = '\0';
	return 1;
}

/* ---- the field ---- */

/* "name = value", "ptype . property = value", comments and folds anywhere.  1, or 0: a lone word, and nothing of it is kept. */
static int
pair_take(struct reader *r, int first, struct resinfo *info, struct pair *p)
{
	struct piece	version;

	memset(p, 0, sizeof(*p));
	p->property = word_take(r);
	if (p->property.n == 0)
		r->bad = 1;
	cfws_skip(r);
	if (first && take(r, '/')) {
		cfws_skip(r);
		version = word_take(r);
		info->version_bad = !piece_is(version, "1");
		cfws_skip(r);
	}
	/* An Exchange server has its name once more between two results. */
	while (!r->bad && take(r, '.')) {
		cfws_skip(r);
		p->ptype = p->property;
		p->property = word_take(r);
		if (p->property.n == 0)
			r->bad = 1;
		cfws_skip(r);
	}
	if (r->bad || !take(r, '='))
		return 0;
	p->gap = cfws_skip(r);
	p->value = value_take(r);
	return 1;
}

static void
property_set(struct resinfo *info, struct piece *to, const struct pair *p)
{
	/* "smtp.mailfrom= smtp.helo=a@b": of nothing, and not of what follows. */
	if (p->gap && memchr(p->value.p, '=', p->value.n) != NULL)
		info->odd = 1;
	if (to->p != NULL && (to->n != p->value.n || memcmp(to->p, p->value.p, to->n) != 0))
		info->odd = 1;
	*to = p->value;
}

static void
pair_enter(struct resinfo *info, const struct pair *p)
{
	if (piece_is(p->ptype, "smtp") && piece_is(p->property, "mailfrom"))
		property_set(info, &info->mailfrom, p);
	else if (piece_is(p->ptype, "header") && piece_is(p->property, "d"))
		property_set(info, &info->d, p);
	else if (piece_is(p->ptype, "header") && piece_is(p->property, "i"))
		property_set(info, &info->i, p);
}

/* From behind ';' to the next one or the end.  1; 0: there is no result in it; a lone "none" sets *none. */
static int
resinfo_take(struct reader *r, struct resinfo *info, int *none)
{
	struct pair	p;

	memset(info, 0, sizeof(*info));
	cfws_skip(r);
	if (r->bad || r->p == r->end || *r->p == ';')
		return 0;
	if (!pair_take(r, 1, info, &p)) {
		*none |= piece_is(p.property, "none") && p.ptype.p == NULL;
		if (r->p < r->end && *r->p != ';')
			r->bad = 1;
		return 0;
	}
	if (p.ptype.p == NULL) {
		info->method = p.property;
		info->result = p.value;
	}
	info->odd = p.gap && memchr(p.value.p, '=', p.value.n) != NULL;
	for (cfws_skip(r); !r->bad && r->p < r->end && *r->p != ';'; cfws_skip(r)) {
		if (!pair_take(r, 0, info, &p))
			r->bad = 1;
		else
			pair_enter(info, &p);
	}
	return !r->bad;
}

/* In lower case; 0: there is none. */
static int
authserv_take(struct reader *r, char id[TEXT_MAX + 1])
{
	struct piece	s = { NULL, 0 };
	size_t		i, n = 0;
	int		quoted;

	cfws_skip(r);
	s.p = r->p;
	if ((quoted = take(r, '"'))) {
		s = quoted_take(r);
	} else {
		while (r->p < r->end && *r->p > ' ' && strchr("()<>@,;\\\"[]?=", *r->p) == NULL)
			r->p++;
		s.n = (size_t)(r->p - s.p);
	}
	for (i = 0; i < s.n; i++) {
		i += quoted && s.p[i] == '\\';	/* quoted_take() has seen that an octet follows */
		if (n == TEXT_MAX || s.p[i] < ' ')
			return 0;
		id[n++] = (char)lower(s.p[i]);
	}
	id[n] = '\0';
	return !r->bad && n > 0;
}

/*
 * The result of that writer, method and domain that is there, or NULL.  A field
 * above has spoken last.
 */
static struct authres *
result_find(const struct scan_result *r, const struct authres *want)
{
	struct authres	*a;
	uint32_t	 i;

	for (i = 0; i < r->authres_count; i++) {
		a = &r->authres[i];
		if (a->method == want->method && strcmp(a->domain, want->domain) == 0 &&
		    strcmp(a->authserv_id, want->authserv_id) == 0)
			return a;
	}
	return NULL;
}

/* `field`: where the results of this field begin.  `new` is copied. */
static int
result_add(struct scan_result *r, uint32_t field, const struct authres *new)
{
	struct authres	*a;

	if ((a = result_find(r, new)) != NULL) {
		/* Twice in a field: one of several signatures is enough, but of SPF there is one answer. */
		if (a >= r->authres + field)
			a->pass = new->method == AUTHRES_DKIM ? a->pass | new->pass : a->pass & new->pass;
		return 0;
	}
	if (r->authres_count == SCAN_AUTHRES_MAX) {
		r->authres_more += r->authres_more < UINT32_MAX;
		return 0;
	}
	if (r->authres == NULL && (r->authres = calloc(SCAN_AUTHRES_MAX, sizeof(*r->authres))) == NULL)
		return -1;
	a = &r->authres[r->authres_count];
	*a = *new;
	a->authserv_id = strdup(new->authserv_id);
	a->domain = strdup(new->domain);
	if (a->authserv_id == NULL || a->domain == NULL) {
		authres_clear(a);
		return -1;
	}
	r->authres_count++;
	return 0;
}

/* header.d; where there is none, the domain of header.i, which otherwise lies within it (RFC 6376 section 3.5). */
static int
dkim_domain(const struct resinfo *info, char domain[TEXT_MAX + 1])
{
	char	i[TEXT_MAX + 1];
	size_t	n, m;

	if (info->d.p == NULL)
		return info->i.p != NULL && domain_of(info->i, 1, domain);
	if (!domain_of(info->d, 0, domain))
		return 0;
	if (info->i.p == NULL)
		return 1;
	if (!domain_of(info->i, 1, i) || (n = strlen(i)) < (m = strlen(domain)))
		return 0;
	return strcmp(i + n - m, domain) == 0 && (n == m || i[n - m - 1] == '.');
}

/* A signature that does not hold is of whom it names, whatever else it says. */
static int
dkim_domain_failed(const struct resinfo *info, char domain[TEXT_MAX + 1])
{
	return info->d.p != NULL ? domain_of(info->d, 0, domain) : info->i.p != NULL && domain_of(info->i, 1, domain);
}

/* Adds what the result comes to, if it names whose it is.  0 or -1. */
static int
resinfo_add(const struct resinfo *info, char *id, uint32_t above, uint32_t field, struct scan_result *r)
{
	char		domain[TEXT_MAX + 1];
	struct authres	new = { .authserv_id = id, .domain = domain, .received_above = above };
	int		have;

	if (info->odd || info->version_bad || info->result.n == 0)
		return 0;
	new.pass = piece_is(info->result, "pass") != 0;
	if (piece_is(info->method, "spf")) {
		new.method = AUTHRES_SPF;
		have = info->mailfrom.p != NULL && domain_of(info->mailfrom, 1, domain);
	} else if (piece_is(info->method, "dkim")) {
		new.method = AUTHRES_DKIM;
		have = new.pass ? dkim_domain(info, domain) : dkim_domain_failed(info, domain);
	} else {
		return 0;
	}
	return have ? result_add(r, field, &new) : 0;
}

/* Authserv-id, version, results.  1: all of it could be read, 0: not so, -1: no memory. */
static int
field_read(struct reader *in, uint32_t above, struct scan_result *r)
{
	char		id[TEXT_MAX + 1];
	struct resinfo	info;
	struct piece	version;
	uint32_t	field = r->authres_count;
	int		none = 0, results = 0, gap;

	if (!authserv_take(in, id))
		return 0;
	gap = cfws_skip(in);
	version = word_take(in);
	if (version.n > 0 && (!gap || !piece_is(version, "1")))
		return 0;
	cfws_skip(in);
	while (!in->bad && in->p < in->end) {
		if (!take(in, ';'))
			return 0;
		if (!resinfo_take(in, &info, &none))
			continue;
		results++;
		if (resinfo_add(&info, id, above, field, r) == -1)
			return -1;
	}
	return !in->bad && !(none && results > 0);
}

int
authres_read(const uint8_t *value, size_t len, uint32_t above, struct scan_result *r)
{
	struct reader	in = { value, value + len, 0 };
	uint32_t	count = r->authres_count, more = r->authres_more;
	int		rc = 0;

	if (octets_fit(value, len))
		rc = field_read(&in, above, r);
	if (rc == 1)
		return 0;
	while (r->authres_count > count)
		authres_clear(&r->authres[--r->authres_count]);
	r->authres_more = more;
	return rc;
}

/* ---- the block ---- */

static int
is_no(const uint8_t *p, size_t n)
{
	while (n > 0 && is_blank(p[n - 1]))
		n--;
	while (n > 0 && is_blank(*p)) {
		p++;
		n--;
	}
	return piece_is((struct piece){ p, n }, "no");
}

int
authres_block(const uint8_t *msg, size_t len, struct scan_result *r)
{
	struct header_reader	 reader;
	struct header_field	 field;
	enum header_line	 line;
	uint32_t		 above = 0, required = 0, no = 0;
	int			 rc = 0;

	r->authres = NULL;
	r->authres_count = r->authres_more = 0;
	r->tls_required_no = 0;
	header_start(&reader, msg, 0, header_length(msg, len));
	while (rc == 0 && (line = header_next(&reader, &field)) != HEADER_END) {
		/* For some MTAs the header ends here, and the forged fields below it they have not removed. */
		if (line == HEADER_JUNK && field.name > 0)
			break;
		if (line == HEADER_JUNK)	/* "From " of a mailbox */
			continue;
		if (header_is(&reader, &field, "Received")) {
			above++;
		} else if (header_is(&reader, &field, "TLS-Required")) {
			required++;
			no += !field.space && is_no(msg + field.value, field.end - field.value);
		} else if (!field.space && header_is(&reader, &field, "Authentication-Results")) {
			/* Another MTA may not have known "NAME :" for a field that it must remove. */
			rc = authres_read(msg + field.value, field.end - field.value, above, r);
		}
	}
	r->tls_required_no = required == 1 && no == 1;	/* RFC 8689 section 5: one, and no other value */
	return rc;
}
