/* SPDX-License-Identifier: ISC */
/* Measures the walk over all readings: an attachment against memcpy, SHA-256 and libcrypto; ordinary mail against the engine; the worst shapes. */
/*
 * make bench.  With the path of an engine's database as argument that one is
 * loaded, else tests/gen-database makes one: the engine is then at its
 * fastest, and the walk's share at its largest.  Ratios compare; the
 * figures themselves belong to the machine.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "scan-fixtures.h"
#include "scan/engine.h"
#include "scan/mime.h"
#include "scan/walk.h"

#define MB	(1024u * 1024)

/* The defaults of the settings. */
static const struct walk_limits limits = { 24, 4096, MB, 400u * MB, 64 };
static const struct mime_limits strict_limits = { 24, 4096, MB, 400u * MB };
static size_t sink;

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);	/* others may be at work beside us */
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
least(double *best, double t)
{
	if (t < *best)
		*best = t;
}

/* What a walk handed out. */
struct tally {
	uint64_t	count, new, octets;	/* new: objects that the engine would see, and their octets */
};

static int
object(void *arg, const struct walk_object *o)
{
	struct tally *t = arg;

	sink += o->len > 0 ? o->data[o->len - 1] : 0;
	if (o->first == t->count++) {
		t->octets += o->len;
		t->new++;
	}
	return 0;
}

static int
part(void *arg, const struct mime_part *p)
{
	(void)arg;
	sink += p->len > 0 ? p->data[p->len - 1] : 0;
	return 0;
}

/* The shortest of some walks; a long one is not repeated. */
static double
walk_time(const struct buf *b, int rounds, struct walk_report *r, struct tally *t)
{
	double best = 1e9, begin;

	while (rounds-- > 0 && best > 0.0) {
		memset(t, 0, sizeof(*t));
		begin = now();
		if (walk_message((const uint8_t *)b->data, b->len, &limits, object, t, r) != 0)
			printf("WRONG: no memory\n");
		least(&best, now() - begin);
		if (best > 0.5)
			break;
	}
	return best;
}

/* ---- material ---- */

/* Octets that do not compress and differ by seed. */
static void
noise(uint8_t *p, size_t len, uint32_t seed)
{
	uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	size_t i;

	for (i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p[i] = (uint8_t)(x >> 32);
	}
}

static void
add_base64(struct buf *b, const uint8_t *p, size_t len)
{
	uint8_t line[80];
	size_t n;

	for (; len > 0; p += n, len -= n) {
		n = len < 57 ? len : 57;
		buf_add(b, line, (size_t)EVP_EncodeBlock(line, p, (int)n));
		buf_addz(b, "\r\n");
	}
}

/* A part with a file of `len` octets that begins like `magic`. */
static void
add_file(struct buf *b, const char *type, const char *name, const char *magic, size_t len, uint32_t seed)
{
	uint8_t *p = malloc(len + 64);

	if (p == NULL)
		exit(1);
	noise(p, len, seed);
	memcpy(p, magic, strlen(magic));
	buf_addf(b, "Content-Type: %s; name=\"%s\"\r\nContent-Disposition: attachment; filename=\"%s\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n", type, name, name);
	add_base64(b, p, len);
	free(p);
}

static void
add_zip(struct buf *b, uint32_t seed)
{
	static uint8_t data[3][60000];
	struct zip_entry e[] = {
		{ "letter.txt", data[0], sizeof(data[0]), ZIP_STORED, 0, 0 }, { "table.csv", data[1], sizeof(data[1]), ZIP_STORED, 0, 0 },
		{ "picture.jpg", data[2], sizeof(data[2]), ZIP_STORED, 0, 0 }
	};
	struct buf z;
	int i;

	for (i = 0; i < 3; i++)
		noise(data[i], sizeof(data[i]), seed + (uint32_t)i);
	buf_init(&z, MB);
	zip_make(&z, e, 3);
	buf_addz(b, "Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	add_base64(b, (uint8_t *)z.data, z.len);
	buf_free(&z);
}

static void
add_head(struct buf *b, const char *type, uint32_t seed)
{
	int i;

	for (i = 0; i < 4; i++)
		buf_addf(b, "Received: from mx%d.example.net (mx%d.example.net [192.0.2.%d])\r\n"
		    "\tby mx.example.org (Postfix) with ESMTPS id 4FzX%08x\r\n\tfor <b@example.org>; Mon, 23 Nov 2026 10:0%d:00 +0000 (UTC)\r\n",
		    i, i, i + 1, seed, i);
	buf_addf(b, "From: A <a@example.net>\r\nTo: B <b@example.org>\r\nSubject: Minutes of the meeting, as agreed\r\n"
	    "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <%08x@example.net>\r\nMIME-Version: 1.0\r\nContent-Type: %s\r\n\r\n", seed, type);
}

static void
add_text(struct buf *b, size_t len, int qp, int html, uint32_t seed)
{
	size_t end = b->len + len;

	buf_addf(b, "Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n", html ? "html" : "plain",
	    qp ? "quoted-printable" : "7bit");
	buf_addf(b, "%s%08x\r\n", html ? "<html><body>" : "", seed);
	while (b->len < end) {
		buf_addz(b, html ? "<p style=3D\"color:#333\">Gr=C3=BC=C3=9Fe aus dem S=C3=BCden, die Liste =\r\nfolgt</p>\r\n" :
		    qp ? "Sch=C3=B6ne Gr=C3=BC=C3=9Fe, und die Liste folgt mit der =\r\nn=C3=A4chsten Post.\r\n" :
		    "The list follows with the next mail; please read it before the meeting.\r\n");
		if (b->len % 7 == 0)
			buf_addz(b, "\r\n");
	}
	if (html)
		buf_addz(b, "</body></html>\r\n");
}

#define BEGIN(type, x)	add_head(b, type "; boundary=\"----=_Part_" x "\"", seed)
#define NEXT(x)		buf_addz(b, "\r\n------=_Part_" x "\r\n")
#define CLOSE(x)	buf_addz(b, "\r\n------=_Part_" x "--\r\n")

static void
mail_text(struct buf *b, uint32_t seed)
{
	BEGIN("multipart/alternative", "1");
	NEXT("1");
	add_text(b, 8000, 1, 0, seed);
	NEXT("1");
	add_text(b, 40000, 1, 1, seed);
	CLOSE("1");
}

static void
mail_plain(struct buf *b, uint32_t seed)
{
	BEGIN("multipart/mixed", "1");
	NEXT("1");
	add_text(b, 6000, 0, 0, seed);
	CLOSE("1");
}

static void
mail_pdf(struct buf *b, uint32_t seed)
{
	BEGIN("multipart/mixed", "1");
	NEXT("1");
	add_text(b, 2000, 1, 0, seed);
	NEXT("1");
	add_file(b, "application/pdf", "report.pdf", "%PDF-1.4\n1 0 obj\n", 400000, seed);
	CLOSE("1");
}

static void
mail_images(struct buf *b, uint32_t seed)
{
	BEGIN("multipart/related", "1");
	NEXT("1");
	add_text(b, 20000, 1, 1, seed);
	NEXT("1");
	add_file(b, "image/jpeg", "a.jpg", "\xff\xd8\xff\xe0", 200000, seed);
	NEXT("1");
	add_file(b, "image/png", "b.png", "\x89PNG\r\n\x1a\n", 90000, seed + 1);
	NEXT("1");
	add_file(b, "image/gif", "c.gif", "GIF89a", 30000, seed + 2);
	CLOSE("1");
}

static void
mail_zip(struct buf *b, uint32_t seed)
{
	BEGIN("multipart/mixed", "1");
	NEXT("1");
	add_text(b, 1000, 0, 0, seed);
	NEXT("1");
	add_zip(b, seed);
	CLOSE("1");
}

static void
mail_signed(struct buf *b, uint32_t seed)
{
	BEGIN("multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256", "1");
	NEXT("1");
	add_text(b, 5000, 1, 0, seed);
	NEXT("1");
	add_file(b, "application/pkcs7-signature", "smime.p7s", "\x30\x80\x06\x09", 4000, seed);
	CLOSE("1");
}

static void
mail_forward(struct buf *b, uint32_t seed)
{
	BEGIN("multipart/mixed", "0");
	NEXT("0");
	add_text(b, 1000, 0, 0, seed);
	NEXT("0");
	buf_addz(b, "Content-Type: message/rfc822\r\n\r\n");
	mail_pdf(b, seed + 7);
	CLOSE("0");
}

/* 1 MB, as the worst shapes are compared with it. */
static void
mail_ordinary(struct buf *b, uint32_t seed)
{
	BEGIN("multipart/mixed", "1");
	NEXT("1");
	add_text(b, 8000, 1, 0, seed);
	NEXT("1");
	add_text(b, 40000, 1, 1, seed);
	NEXT("1");
	add_file(b, "application/pdf", "report.pdf", "%PDF-1.4\n1 0 obj\n", 500000, seed);
	NEXT("1");
	add_file(b, "image/jpeg", "a.jpg", "\xff\xd8\xff\xe0", 230000, seed);
	CLOSE("1");
}

/* ---- an attachment ---- */

static void
bench_attachment(void)
{
	size_t plain_len = 10 * MB, n;
	uint8_t *plain = malloc(plain_len), *out, digest[32];
	double copy = 1e9, evp = 1e9, sha = 1e9, ours = 1e9, walk = 1e9, t;
	struct walk_report r;
	struct tally tally;
	struct decoder d;
	struct buf b, mail;
	int round, got;

	noise(plain, plain_len, 1);
	buf_init(&b, 64 * MB);
	add_base64(&b, plain, plain_len);
	out = malloc(b.len + 64);
	buf_init(&mail, 64 * MB);
	buf_addz(&mail, "From: a@example.net\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nbody\r\n--b\r\n"
	    "Content-Type: application/pdf; name=x.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	buf_add(&mail, b.data, b.len);
	buf_addz(&mail, "--b--\r\n");
	for (round = 0; round < 9; round++) {
		EVP_ENCODE_CTX *c = EVP_ENCODE_CTX_new();

		t = now();
		memcpy(out, b.data, b.len);
		sink += out[round];
		least(&copy, now() - t);
		EVP_DecodeInit(c);
		t = now();
		EVP_DecodeUpdate(c, out, &got, (uint8_t *)b.data, (int)b.len);
		least(&evp, now() - t);
		EVP_ENCODE_CTX_free(c);
		t = now();
		SHA256(plain, plain_len, digest);
		least(&sha, now() - t);
		t = now();
		decode_start(&d, DECODE_BASE64, out);
		decode_feed(&d, (uint8_t *)b.data, b.len);
		decode_finish(&d);
		least(&ours, now() - t);
		least(&walk, walk_time(&mail, 1, &r, &tally));
	}
	n = b.len;
	if (d.len != plain_len || memcmp(out, plain, plain_len) != 0 || r.extra != 0)
		printf("WRONG: decoded %zu, want %zu; %llu objects too many\n", d.len, plain_len, (unsigned long long)r.extra);
	printf("10 MB attachment, %zu octets of base64 in lines of 76; MB/s of those\n", n);
	printf("  %-28s %8.0f\n", "memcpy", (double)n / copy / 1e6);
	printf("  %-28s %8.0f  (%.0f MB/s of the file)\n", "SHA-256 of the file", (double)n / sha / 1e6, (double)plain_len / sha / 1e6);
	printf("  %-28s %8.0f\n", "EVP_DecodeUpdate", (double)n / evp / 1e6);
	printf("  %-28s %8.0f  %.2f x EVP, %.2f x memcpy\n", "decode_feed", (double)n / ours / 1e6, evp / ours, copy / ours);
	printf("  %-28s %8.0f  %.2f x EVP, %.3f x memcpy; %.0f%% of it SHA-256, %.0f%% decode_feed\n", "walk_message",
	    (double)mail.len / walk / 1e6, evp / walk, copy / walk, 100 * sha / walk, 100 * ours / walk);
	buf_free(&b);
	buf_free(&mail);
	free(plain);
	free(out);
}

/* ---- ordinary mail and the engine ---- */

static const struct {
	const char *name;
	void (*make)(struct buf *, uint32_t seed);
} mails[] = {
	{ "a short text", mail_plain },
	{ "text and HTML", mail_text },
	{ "pdf", mail_pdf },
	{ "HTML and images", mail_images },
	{ "zip", mail_zip },
	{ "signed", mail_signed },
	{ "forwarded, with a pdf", mail_forward },
	{ "1 MB of all", mail_ordinary },
};

struct scan {
	struct engine	*engine;
	double		 all, extra;	/* seconds in the engine; of them for objects of no strict reading */
};

static int
scan_object(void *arg, const struct walk_object *o)
{
	struct engine_finding f;
	struct scan *s = arg;
	double t = now();

	engine_scan(s->engine, o->data, o->len, 0, o->name, &f);
	t = now() - t;
	s->all += t;
	s->extra += o->view != VIEW_STRICT ? t : 0;
	return 0;
}

/* One mail never seen before (the engine remembers what it has scanned), through all that a worker does. */
static void
engine_round(struct engine *e, const struct buf *b, double *best, double *walk_best, double *strict_best, double *extra,
    struct walk_report *r)
{
	struct scan s = { .engine = e };
	struct engine_finding f;
	struct mime_report strict;
	struct tally tally;
	double t;

	t = now();
	mime_walk((const uint8_t *)b->data, b->len, &strict_limits, part, NULL, &strict);
	least(strict_best, now() - t);
	least(walk_best, walk_time(b, 2, r, &tally));
	if (e == NULL)
		return;
	t = now();
	engine_scan(e, b->data, b->len, 1, NULL, &f);
	s.all = now() - t;
	walk_message((const uint8_t *)b->data, b->len, &limits, scan_object, &s, r);
	least(best, s.all - s.extra);
	*extra += s.extra;
}

static void
bench_mails(struct engine *e)
{
	struct walk_report r;
	uint32_t seed = (uint32_t)time(NULL);
	size_t i;
	int round;

	printf("\n%-24s %8s %10s %10s %10s %8s %8s %6s\n", "mail", "octets", "strict us", "walk us", "engine us", "walk/eng", "more/eng",
	    "extra");
	for (i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
		double engine = 1e9, walk = 1e9, strict = 1e9, extra = 0;
		struct buf b;

		buf_init(&b, 16 * MB);
		for (round = 0; round < 15; round++) {
			buf_reset(&b);
			mails[i].make(&b, seed += 100);
			engine_round(e, &b, &engine, &walk, &strict, &extra, &r);
		}
		/* more: what the further views add to the strict reading, the scan of their objects included */
		printf("%-24s %8zu %10.0f %10.0f %10.0f %7.1f%% %7.1f%% %6llu%s\n", mails[i].name, b.len, strict * 1e6, walk * 1e6,
		    e != NULL ? engine * 1e6 : 0, 100 * walk / engine, 100 * (walk - strict + extra / 15) / engine,
		    (unsigned long long)r.extra, r.limit != NULL ? r.limit : "");
		buf_free(&b);
	}
}

static struct engine *
engine_make(const char *database, char *dir)
{
	char command[PATH_MAX];
	struct engine_info *info;
	struct scan_settings s;
	struct engine *e = NULL;
	char err[256] = "no temporary folder";

	default_settings(&s);
	if (mkdtemp(dir) != NULL) {
		s.database = database != NULL ? (char *)(uintptr_t)database : dir;
		s.scratch = dir;
		snprintf(command, sizeof(command), "tests/gen-database %s", dir);
		if ((database != NULL || system(command) == 0) && engine_load(&s, &e, &info, err, sizeof(err)) == 0) {
			engine_info_free(info);
			if (engine_scratch(e, dir) == -1)
				printf("no scratch folder for the engine\n");
		}
	}
	if (e == NULL)
		printf("no engine: %s\n", err);
	return e;
}

/* ---- the worst shapes ---- */

static void
fill(struct buf *b, size_t size, const char *unit)
{
	size_t n = strlen(unit);

	while (b->len < size)
		buf_add(b, unit, n);
}

/* Multiparts within each other, or 64 candidates side by side, whose boundaries differ in the last octet. */
static void
levels(struct buf *b, int n)
{
	int i;

	for (i = 0; i < n; i++)
		buf_addf(b, "Content-Type: multipart/mixed; boundary=\"%060d%c\"\r\n\r\n--%060d%c\r\n", 0, '0' + i, 0, '0' + i);
}

static void
candidates(struct buf *b)
{
	int i;

	buf_addz(b, "Content-Type: multipart/mixed");
	for (i = 0; i < 60; i++)
		buf_addf(b, ";\n boundary=%c%059d%c", 'A' + i % 26, 0, '0' + i);
	buf_addz(b, "\n\n");
}

#define SHAPE(fn, head, unit)						\
static void								\
fn(struct buf *b, size_t size)						\
{									\
	head;								\
	fill(b, size, unit);						\
}
#define B64	"Content-Transfer-Encoding: base64\n\n"
#define QP	"Content-Transfer-Encoding: quoted-printable\n\n"
SHAPE(shape_dashes, buf_addz(b, "A: b\n\n"), "--\n")
SHAPE(shape_dashes_open, levels(b, 24), "--\n")
SHAPE(shape_dash_lines, buf_addz(b, "A: b\n\n"), "-- x\n")
SHAPE(shape_near, levels(b, 24), "--000000000000000000000000000000000000000000000000000000000000~\n")
SHAPE(shape_candidates, candidates(b), "--A0000000000000000000000000000000000000000000000000000000000~\n")
SHAPE(shape_candidates_short, candidates(b), "--A\n")
SHAPE(shape_candidates_dashes, candidates(b), "---------A\n")
SHAPE(shape_candidates_ends, candidates(b), "x00\n")
SHAPE(shape_boundaries, buf_addz(b, "Content-Type: multipart/mixed; boundary=a\n\n"), "--a\n")
SHAPE(shape_reads, buf_addz(b, "Content-Type: multipart/mixed"), ";boundary=\"a\"")
SHAPE(shape_reads_long, buf_addz(b, "Content-Type: multipart/mixed"), ";boundary=\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
SHAPE(shape_reads_blocks, buf_addz(b, "A: b\n"), "\nContent-Type: multipart/mixed; boundary\n")
SHAPE(shape_sections, buf_addz(b, "Content-Type: multipart/mixed"), ";boundary*0=")
SHAPE(shape_forwards, (void)0, "Content-Type:message/rfc822\n\n")
SHAPE(shape_forwards_qp, (void)0, "Content-Type:message/rfc822\nContent-Transfer-Encoding:quoted-printable\n\n")
SHAPE(shape_forwards_short, fill(b, 29 * 24, "Content-Type:message/rfc822\n\n"), "a\n\n--x\n")
SHAPE(shape_cr, buf_addz(b, "A: b\r\r"), "a\r")
SHAPE(shape_cr_dashes, buf_addz(b, "A: b\r\r"), "--a\rA:b\r\r")
SHAPE(shape_cr_all, buf_addz(b, B64 "\r"), "Q=3DD-_\r\n\n")
SHAPE(shape_newlines, buf_addz(b, "Content-Type: multipart/mixed; boundary=a\n\n"), "\n")
SHAPE(shape_blank_lines, buf_addz(b, "A: b\n\n"), " \n")
SHAPE(shape_base64_pads, buf_addz(b, B64), "Q=!\n")
SHAPE(shape_base64_all, buf_addz(b, B64), "QUJDREVG=3D-_QUJDREVG\n\n")
SHAPE(shape_base64_text, buf_addz(b, "A: b\n\n"), "QUJDREVG")
SHAPE(shape_base64_joined, buf_addz(b, B64), "QUJDREVGQUJD\n--\n")
SHAPE(shape_qp_blanks, buf_addz(b, QP), "=  \r  ")
SHAPE(shape_qp_bad, buf_addz(b, QP), "= x=z\n")
SHAPE(shape_encodings, (void)0, "encoding:\n")
SHAPE(shape_encodings_odd, (void)0, "encoding:base6\n b")
SHAPE(shape_begin, buf_addz(b, "A: b\n\n"), "begin 6 x\n")
SHAPE(shape_uu_many, buf_addz(b, "A: b\n\n"), "begin 6 x\n#86)C\n")
SHAPE(shape_uu_bare, buf_addz(b, "A: b\n\n"), "#86)C\n")
SHAPE(shape_yenc, buf_addz(b, "A: b\n\n"), "=ybegin \n")
SHAPE(shape_binhex, buf_addz(b, "A: b\n\n"), "(BinHex\n:#!J#3!J#3!J:\n")
SHAPE(shape_fields, (void)0, "A:\n")
SHAPE(shape_folds, buf_addz(b, "A: b\n"), " c\n")
SHAPE(shape_junk, buf_addz(b, "A: b\n"), "content-\n")
SHAPE(shape_comments, buf_addz(b, "Content-Type: multipart/mixed; boundary=a "), "((\\")
SHAPE(shape_params, buf_addz(b, "Content-Type: multipart/mixed"), ";a=")
SHAPE(shape_words, buf_addz(b, "Content-Disposition: a;filename=\""), "=?a?Q?")
SHAPE(shape_mail_heads, (void)0, "From: a\n\n")
SHAPE(shape_heads_junk, (void)0, "Content-A: b\njunk\n \n")
SHAPE(shape_line, buf_addz(b, "A: b\n\n"), "a")
SHAPE(shape_zeros, buf_addz(b, "A: b\n\n"), "\001")
SHAPE(shape_pieces, buf_addz(b, "A: b\n\n"), "--x\n%PDF-1\n")

/* Up to the bound of starts: mail-like heads with a line that is no field, before what every decoder is tried on. */
static void
shape_starts(struct buf *b, size_t size)
{
	fill(b, 16 * 60, "Subject: x\nContent-Transfer-Encoding: base64 x-uu x\njunk\n \n");
	fill(b, size, "QUJDREVG=3D-_QUJDREVG\n\n");
}

static void
shape_starts_cr(struct buf *b, size_t size)
{
	shape_starts(b, size);
	buf_addz(b, "a\rb");
}

/* The same with odd ends of lines, so that no reading gives what another gave. */
static void
shape_parts(struct buf *b, size_t size)
{
	unsigned i = 0;

	buf_addz(b, "Content-Type: multipart/mixed; boundary=a\n\n");
	while (b->len < size)
		buf_addf(b, "--a\n" B64 "Q%06d=QUJDREVG-\n\nQUJDREVG=3D=\n", i++);
}

/* Mail within mail, each in quoted-printable, so that it does not shrink. */
static void
shape_nested_qp(struct buf *b, size_t size)
{
	int i;

	for (i = 0; i < 24; i++)
		buf_addz(b, "Subject: a\nContent-Type: message/global\nContent-Transfer-Encoding: quoted-printable\n\n");
	fill(b, size, "=3D=3D QUJDREVG-_ x\n\n");
}

/* Likewise in base64, and the innermost has all that is odd. */
static void
shape_nested_base64(struct buf *b, size_t size)
{
	struct buf in;
	int i;

	shape_starts(b, size * 3 / 10);
	for (i = 0; i < 4; i++) {
		buf_init(&in, 64 * MB);
		buf_addz(&in, "Subject: a\nContent-Type: message/global\n" B64);
		add_base64(&in, (uint8_t *)b->data, b->len);
		buf_free(b);
		*b = in;
	}
}

/* Decoded mails, each with names in as many character sets as are opened for one. */
static void
shape_charsets(struct buf *b, size_t size)
{
	unsigned n = 0, i;
	struct buf in;

	buf_addz(b, "Content-Type: multipart/mixed; boundary=a\n\n");
	buf_init(&in, MB);
	while (b->len < size) {
		buf_reset(&in);
		buf_addz(&in, "Subject: a\nContent-Disposition: a; filename=\"");
		for (i = 0; i < 64; i++)
			buf_addf(&in, "=?%x?Q?a?=", n++);
		buf_addz(&in, "\"\n\na");
		buf_addz(b, "--a\n" B64);
		add_base64(b, (uint8_t *)in.data, in.len);
	}
	buf_free(&in);
}

static const struct shape {
	const char *name;
	void (*make)(struct buf *, size_t);
} shapes[] = {
	{ "lines of --", shape_dashes },
	{ "lines of --, 24 open multiparts", shape_dashes_open },
	{ "lines that begin with --", shape_dash_lines },
	{ "almost a boundary, 24 open", shape_near },
	{ "almost one of 60 candidates", shape_candidates },
	{ "the same, short lines", shape_candidates_short },
	{ "the same, more dashes", shape_candidates_dashes },
	{ "the same, lines that end like them", shape_candidates_ends },
	{ "nothing but boundaries", shape_boundaries },
	{ "boundary parameters", shape_reads },
	{ "the same, unclosed and long", shape_reads_long },
	{ "header blocks that name a boundary", shape_reads_blocks },
	{ "RFC 2231 sections of it", shape_sections },
	{ "forwards", shape_forwards },
	{ "forwards, each quoted-printable", shape_forwards_qp },
	{ "24 forwards around short lines", shape_forwards_short },
	{ "CR alone ends lines", shape_cr },
	{ "the same, parts", shape_cr_dashes },
	{ "the same, base64 of all kinds", shape_cr_all },
	{ "empty lines", shape_newlines },
	{ "blank lines", shape_blank_lines },
	{ "base64, padding and foreign octets", shape_base64_pads },
	{ "base64 for every decoder", shape_base64_all },
	{ "base64 that nothing says is", shape_base64_text },
	{ "base64 between lines of --", shape_base64_joined },
	{ "blanks around soft breaks", shape_qp_blanks },
	{ "escapes that are none", shape_qp_bad },
	{ "fields of encodings", shape_encodings },
	{ "the same, folded", shape_encodings_odd },
	{ "begin lines", shape_begin },
	{ "uuencoded files", shape_uu_many },
	{ "uuencode without begin", shape_uu_bare },
	{ "yEnc begin lines", shape_yenc },
	{ "BinHex with runs", shape_binhex },
	{ "fields of one octet", shape_fields },
	{ "folded lines", shape_folds },
	{ "lines that are no field", shape_junk },
	{ "nested comments", shape_comments },
	{ "parameters", shape_params },
	{ "starts of encoded words", shape_words },
	{ "heads of mail", shape_mail_heads },
	{ "heads with junk", shape_heads_junk },
	{ "one line", shape_line },
	{ "control octets", shape_zeros },
	{ "pieces that could be files", shape_pieces },
	{ "16 heads before base64 of all kinds", shape_starts },
	{ "the same and a lone CR", shape_starts_cr },
	{ "small parts for every decoder", shape_parts },
	{ "mail in mail, quoted-printable", shape_nested_qp },
	{ "mail in mail, base64", shape_nested_base64 },
	{ "decoded mails with many charsets", shape_charsets },
};

static void
bench_shapes(const char *only)
{
	struct walk_report r, r2;
	struct tally t, t2;
	double ordinary, one, four, worst = 0;
	struct buf b;
	size_t i;

	buf_init(&b, 64 * MB);
	mail_ordinary(&b, 1);
	ordinary = walk_time(&b, 9, &r, &t) / (double)b.len;
	printf("\n%-36s %9s %7s %9s %6s %7s %8s\n", "1 MB", "ms", "x ord.", "4M/1M", "new", "MB new", "limit");
	printf("%-36s %9.2f %7.1f %9s %6llu %7.2f\n", "ordinary mail", ordinary * MB * 1e3, 1.0, "", (unsigned long long)t.new,
	    (double)t.octets / MB);
	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (only != NULL && strstr(shapes[i].name, only) == NULL)
			continue;
		buf_reset(&b);
		shapes[i].make(&b, MB);
		one = walk_time(&b, 3, &r, &t) / (double)b.len;
		buf_reset(&b);
		shapes[i].make(&b, 4 * MB);
		four = walk_time(&b, 2, &r2, &t2) / (double)b.len;
		printf("%-36s %9.2f %7.1f %9.2f %6llu %7.2f %s\n", shapes[i].name, one * MB * 1e3, one / ordinary, four / one,
		    (unsigned long long)t.new, (double)t.octets / MB, r.limit != NULL ? r.limit : "");
		fflush(stdout);
		worst = one / ordinary > worst ? one / ordinary : worst;
	}
	printf("worst: %.1f times an ordinary message of the same size, want at most 60\n", worst);
	buf_free(&b);
}

/* For a profiler: the walk alone, of one kind of mail. */
static void
profile_mail(const char *name)
{
	struct walk_report r;
	struct tally t;
	struct buf b;
	size_t i;
	int round;

	for (i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
		if (strstr(mails[i].name, name) == NULL)
			continue;
		buf_init(&b, 16 * MB);
		mails[i].make(&b, 1);
		for (round = 0; round < 2000; round++)
			walk_time(&b, 1, &r, &t);
		printf("%-24s %10.1f us\n", mails[i].name, walk_time(&b, 100, &r, &t) * 1e6);
		buf_free(&b);
	}
}

/* bench-walk [DATABASE | -s SHAPE | -m MAIL] */
int
main(int argc, char **argv)
{
	char dir[] = "/tmp/bench-walk.XXXXXX";
	struct engine *e;

	if (argc > 2) {
		if (strcmp(argv[1], "-m") == 0)
			profile_mail(argv[2]);
		else
			bench_shapes(argv[2]);
		return 0;
	}
	bench_attachment();
	e = engine_make(argc > 1 ? argv[1] : NULL, dir);
	bench_mails(e);
	engine_free(e);
	remove_tree(dir);
	bench_shapes(NULL);
	return sink == 1;
}
