/* SPDX-License-Identifier: ISC */
/* One Received field, whoever wrote it, becomes the facts of one hop. */
/*
 * Called by a worker for the top header block of a message, and by whoever has
 * a message at hand.  received_clause.c goes over the field once, with a fixed
 * state; the other received_*.c know the forms; here stands what it comes to.
 * The facts say what is written, not whether to believe it, but nothing counts
 * as the writer's that a client could put there: HELO, ident, addresses,
 * quoted strings.  TLS has three answers, and "no" needs a writer that always
 * says.  Where the field can be read in several ways, `odd` says that it was
 * not: it has no address then, and what the readings differ in is not told.
 */
#include <stdlib.h>
#include <string.h>

#include "scan/header.h"
#include "scan/received.h"
#include "scan/received_int.h"

#define X(member, max) RECEIVED_##member##_MAX = max,
enum { RECEIVED_TEXTS(X) };
#undef X

typedef uint8_t octets __attribute__((vector_size(16)));	/* the compiler does 16 at once */
typedef uint8_t half_octets __attribute__((vector_size(8)));

/* Copies the octets of one x; what of them is a control character is not 0 in what it gives. */
#define COPY(to, p, x)								\
	(memcpy(&(x), p, sizeof(x)), memcpy(to, &(x), sizeof(x)), (__typeof__(x))(((x) < ' ') | ((x) == 0x7f)))

/* Copies; 0 if a control character was among them.  The last 16 or 8 are done once more. */
static inline int
copy_plain(char *to, const uint8_t *p, size_t n)
{
	octets		x, bad = { 0 };
	half_octets	h, bad_half;
	uint64_t	any[2] = { 0, 0 };
	size_t		i;

	if (n >= sizeof(x)) {
		for (i = 0; i < n - sizeof(x); i += sizeof(x))
			bad |= COPY(to + i, p + i, x);
		bad |= COPY(to + n - sizeof(x), p + n - sizeof(x), x);
		memcpy(any, &bad, sizeof(any));
	} else if (n >= sizeof(h)) {
		bad_half = COPY(to, p, h);
		bad_half |= COPY(to + n - sizeof(h), p + n - sizeof(h), h);
		memcpy(any, &bad_half, sizeof(bad_half));
	} else {
		for (i = 0; i < n; i++) {
			to[i] = (char)p[i];
			any[0] |= (p[i] < ' ') | (p[i] == 0x7f);
		}
	}
	return (any[0] | any[1]) == 0;
}

/* Copies to `text`, at most max octets, blanks with a fold among them as one, control characters as '?'; how many. */
static size_t
text_fold(char *text, struct span *s, size_t max)
{
	size_t	i, k, n = 0;
	int	fold;

	for (i = 0; i < s->n && n < max; i = k) {
		fold = 0;
		for (k = i; k < s->n && (s->p[k] == ' ' || s->p[k] == '\t' || s->p[k] == '\r' || s->p[k] == '\n'); k++)
			fold |= s->p[k] != ' ';
		if (fold)
			text[n++] = ' ';
		else if (k > i)
			text[n++] = (char)s->p[(k = i + 1) - 1];
		else
			text[n++] = s->p[k] < ' ' || s->p[k] == 0x7f ? '?' : (char)s->p[k], k++;
	}
	*s = (struct span){ s->p + i, s->n - i };
	return n;
}

/* Appends what is kept of a text, and its end. */
static char *
text_put(struct received *hop, char **to, struct span s, size_t max)
{
	size_t	n = s.n < max ? s.n : max;
	char	*text = *to;

	if (s.n == 0)
		return NULL;
	if (copy_plain(text, s.p, n))
		s = (struct span){ s.p + n, s.n - n };
	else
		n = text_fold(text, &s, max);
	if (s.n > 0) {
		hop->cut = 1;
		/* Not through the middle of a UTF-8 sequence. */
		if ((s.p[0] & 0xc0) == 0x80) {
			while (n > 1 && ((uint8_t)text[n - 1] & 0xc0) == 0x80)
				n--;
			n -= n > 1;
		}
	}
	text[n] = '\0';
	*to = text + n + 1;
	return text;
}

/* The words that prove TLS stood in two places: both, with a blank between; a second that does not fit is left out whole. */
static void
words_join(struct received *hop, char *to, struct span second)
{
	const size_t	max = RECEIVED_tls_words_MAX;
	size_t		n;
	char		*both = to, *more;

	if (hop->tls_words == NULL)
		return;
	n = strlen(hop->tls_words);
	memcpy(to, hop->tls_words, n);
	to += n;
	*to++ = ' ';
	more = text_put(hop, &to, second, max);
	if (n + 1 + strlen(more) > max)
		hop->cut = 1;
	else
		hop->tls_words = both;
}

static struct span
span_of(const char *s)
{
	return (struct span){ (const uint8_t *)s, s != NULL ? strlen(s) : 0 };
}

static void
tls_decide(const struct field *f, struct received *hop, struct span *words)
{
	int	kw = f->form.keyword;

	hop->tls = f->tls.tls;
	*words = f->tls.words;
	if (f->tls.tls == RECEIVED_TLS_UNKNOWN && kw & KW_TLS) {
		hop->tls = RECEIVED_TLS_YES;
		*words = f->form.with;
	} else if (f->tls.tls == RECEIVED_TLS_UNKNOWN && ((kw & KW_EXTENDED && f->writer.flags & WRITER_SAYS_NO) ||
	    (kw & KW_PLAIN && f->writer.flags & WRITER_PLAIN_NO))) {
		hop->tls = RECEIVED_TLS_NO;
		*words = f->form.with;
	}
}

/* An address that is not this host's own outweighs whatever else looks local: a filter may run on another host. */
static int
is_local(const struct field *f, const struct client *c)
{
	if (c->ip[0] != '\0')
		return memcmp(c->ip, "127.", 4) == 0 || memcmp(c->ip, "::1", 4) == 0 || memcmp(c->ip, "fe80:", 5) == 0 ||
		    (f->by_address.n > 0 && span_same(f->from.address_word, f->by_address));
	return f->local || (f->writer.flags & WRITER_LOOP) || f->from.unix_socket || f->from.uid ||
	    span_starts(f->form.with, "local");
}

static int
texts_put(const struct field *f, const struct client *c, struct span tls_words, struct received *hop)
{
	const struct span	helo = c->helo, rdns = c->rdns, ip = span_of(c->ip), by = f->form.by, with = f->form.with,
				id = f->form.id, writer = span_of(f->writer.name), version = f->tls.version,
				cipher = f->tls.cipher, version_norm = span_of(tls_version(f->tls.version));
	size_t			size = 0;
	char			*to;

#define X(member, max) size += (member.n < max ? member.n : max) + 1;
	RECEIVED_TEXTS(X)
#undef X
	if (f->tls_words2.n > 0)
		size += 2 * (RECEIVED_tls_words_MAX + 1);
	if ((to = hop->texts = malloc(size)) == NULL)
		return -1;
#define X(member, max) hop->member = text_put(hop, &to, member, max);
	RECEIVED_TEXTS(X)
#undef X
	if (f->tls_words2.n > 0)
		words_join(hop, to, f->tls_words2);
	return 0;
}

/* What only the whole form tells. */
static void
form_judge(struct field *f)
{
	f->form.weekday = f->when.weekday;
	f->form.zone_minus = f->when.zone_minus;
	f->form.rdns_and_ip = f->from.rdns_and_ip;
	f->form.mapped = f->from.mapped;
	if (f->writer.name == NULL)
		writer_form(&f->form, &f->writer);
	/* Fastmail cuts from and id off, and has TLS ended in front of its Postfix. */
	if ((f->writer.flags & WRITER_WITH_FROM) && !f->have_from)
		f->writer.flags &= ~WRITER_SAYS_NO;
	/* An ident may contain anything: then S must say the same. */
	if (f->tls.ident && !(f->form.keyword & KW_TLS))
		memset(&f->tls, 0, sizeof(f->tls));
	/* Behind "user@" qmail has an ident, WP's server the name that logged in. */
	if (f->from.login && (f->writer.flags & WRITER_LOGIN))
		f->auth = 1;
}

static int
hop_make(struct field *f, struct received *hop)
{
	struct client	c;
	struct span	words;
	int		other, token_rdns;

	form_judge(f);
	other = (f->form.keyword & KW_OTHER) != 0;
	token_rdns = (f->writer.flags & WRITER_TOKEN_RDNS) && f->from.rdns.n == 0 && !other;
	from_client(&f->from, token_rdns, other, &c);
	tls_decide(f, hop, &words);
	hop->bits = f->tls.bits;
	hop->auth = f->auth || (f->form.keyword & KW_AUTH);
	hop->local = is_local(f, &c) != 0;
	hop->odd = f->odd || f->from.many;
	if (f->from.many) {
		c.ip[0] = '\0';
		c.rdns.n = 0;
		hop->auth = hop->local = 0;
	}
	if (f->has_when && f->when.time <= RECEIVED_TIME_MAX) {
		hop->has_time = 1;
		hop->time = f->when.time;
	}
	return texts_put(f, &c, words, hop);
}

int
received_read(const uint8_t *value, size_t len, struct received *hop)
{
	struct field	f;

	memset(hop, 0, sizeof(*hop));
	hop->cut = len > RECEIVED_FIELD_MAX;
	clauses_read(&f, (struct span){ value, hop->cut ? RECEIVED_FIELD_MAX : len }, hop->cut);
	if (hop_make(&f, hop) == -1) {
		received_clear(hop);
		return -1;
	}
	return 0;
}

int
received_block(const uint8_t *msg, size_t len, struct scan_result *r)
{
	struct header_reader	 reader;
	struct header_field	 field;
	enum header_line	 line;

	r->received = NULL;
	r->received_count = r->received_more = 0;
	header_start(&reader, msg, 0, header_length(msg, len));
	while ((line = header_next(&reader, &field)) != HEADER_END) {
		if (line != HEADER_FIELD || !header_is(&reader, &field, "Received"))
			continue;
		if (r->received_count == SCAN_RECEIVED_MAX) {
			r->received_more++;
			continue;
		}
		if (r->received == NULL && (r->received = calloc(SCAN_RECEIVED_MAX, sizeof(*r->received))) == NULL)
			return -1;
		if (received_read(msg + field.value, field.end - field.value, &r->received[r->received_count]) == -1)
			return -1;
		r->received_count++;
	}
	return 0;
}
