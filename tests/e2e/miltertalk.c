/* SPDX-License-Identifier: ISC */
/* A scripted MTA: speaks the milter protocol, version 6, to a filter and says what came back. */
/*
 * miltertalk SOCKET [FILE]: SOCKET is inet:PORT@HOST or unix:PATH, the script
 * comes from FILE or standard input, one step a line ('#' comments).  Exits 0
 * if every expectation held, 1 if one did not (the line is named), 2 if the
 * script is wrong.  It is for what no MTA does: see tests/e2e/milter/.
 *
 *   open                          connect (a script starts connected to nothing)
 *   negotiate [ACTIONS PROTO]     hexadecimal; without: all that version 6 has
 *   macros STEP [NAME VALUE]...   before connect helo mail rcpt data eoh eom
 *   connect HOST ADDR PORT        ADDR with ':' is IPv6, "-" an unknown family
 *   helo NAME | mail <A> [ARG]... | rcpt <A> [ARG]... | data | eoh | eom
 *   header NAME VALUE...          VALUE to the end of the line
 *   body TEXT | body-file FILE    TEXT with \r \n \0 \xHH
 *   body-fill OCTETS              that many, in packets of 64 KB
 *   abort | quit | quitnc         K, Q: no reply to these
 *   raw HEX...                    octets as they are
 *   frame LENGTH LETTER [TEXT]    a frame that claims LENGTH (decimal or 0x)
 *   read                          wait for a reply now (after raw and frame)
 *   expect WORD                   of the last reply: continue accept reject tempfail
 *                                 discard skip reply none (nothing was to be answered)
 *   reply REGEX                   the text of the last "reply" ("550 5.7.1 ...")
 *   action REGEX | no-action REGEX  lines of the last eom: "add NAME: VALUE",
 *                                 "insert N NAME: VALUE", "change N NAME: VALUE", "quarantine TEXT"
 *   eof                           the filter must hang up
 *   vanish                        hang up (reset, nothing lingers)
 *   repeat N ... end              not nested
 *
 * Steps that the negotiation took the reply or the step itself from behave so:
 * no reply is waited for, an unwanted step is not sent.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <regex.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MS		60000
#define REPLY_MAX	(2u * 1024 * 1024)
#define ACTIONS_MAX	256
#define LINE_MAX_LEN	65536
#define SCRIPT_MAX	4096

#define ALL_ACTIONS	0x1ffu
#define ALL_PROTO	0x1fffffu
#define P_SKIP		0x400u
#define P_HDR_LEADSPC	0x100000u

/* Which protocol bits take a step, or its reply, away. */
static const struct step {
	const char	*word;
	char		 letter;
	uint32_t	 no, nr;
} steps[] = {
	{ "connect", 'C', 0x1, 0x1000 }, { "helo", 'H', 0x2, 0x2000 }, { "mail", 'M', 0x4, 0x4000 },
	{ "rcpt", 'R', 0x8, 0x8000 }, { "data", 'T', 0x200, 0x10000 }, { "unknown", 'U', 0x100, 0x20000 },
	{ "header", 'L', 0x20, 0x80 }, { "eoh", 'N', 0x40, 0x40000 }, { "body", 'B', 0x10, 0x80000 },
	{ "eom", 'E', 0, 0 }
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

struct talk {
	const char	*spec;
	int		 fd;
	uint32_t	 proto;
	int		 skip_body;		/* the filter said skip */
	char		 last[16];
	char		 text[1024];
	char		*actions[ACTIONS_MAX];
	size_t		 nactions;
	unsigned int	 line;
	int		 failed, quiet;
};

static void
complain(struct talk *t, const char *fmt, ...)
{
	va_list ap;

	printf("line %u: ", t->line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	t->failed = 1;
}

static void
script_error(const struct talk *t, const char *what)
{
	fprintf(stderr, "miltertalk: line %u: %s\n", t->line, what);
	exit(2);
}

/* ---- the connection ---- */

static int
open_unix(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	close(fd);
	return -1;
}

static int
open_inet(int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd;

	sin.sin_port = htons((uint16_t)port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
talk_close(struct talk *t, int reset)
{
	struct linger l = { 1, 0 };

	if (t->fd == -1)
		return;
	if (reset)
		setsockopt(t->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(t->fd);
	t->fd = -1;
}

static void
talk_open(struct talk *t)
{
	talk_close(t, 0);
	if (strncmp(t->spec, "unix:", 5) == 0)
		t->fd = open_unix(t->spec + 5);
	else if (strncmp(t->spec, "inet:", 5) == 0)
		t->fd = open_inet(atoi(t->spec + 5));
	if (t->fd == -1)
		complain(t, "cannot connect to %s: %s", t->spec, strerror(errno));
	t->proto = 0;
	t->skip_body = 0;
}

/* A peer that hung up is no error of writing: the next read says so. */
static void
put(struct talk *t, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len > 0 && t->fd != -1) {
		n = send(t->fd, p, len, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		p += n;
		len -= (size_t)n;
	}
}

static void
put_frame(struct talk *t, char letter, const void *data, size_t len)
{
	uint32_t n = htonl((uint32_t)len + 1);
	char head[5];

	memcpy(head, &n, 4);
	head[4] = letter;
	put(t, head, 5);
	put(t, data, len);
}

/* 1, or 0 when the peer hung up, -1 when nothing came in time. */
static int
get(struct talk *t, void *data, size_t len)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	char *to = data;
	ssize_t n;

	if (t->fd == -1)
		return 0;
	while (len > 0) {
		if (poll(&p, 1, WAIT_MS) == 0)
			return -1;
		n = recv(t->fd, to, len, 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		to += n;
		len -= (size_t)n;
	}
	return 1;
}

/* ---- replies ---- */

static void
actions_clear(struct talk *t)
{
	while (t->nactions > 0)
		free(t->actions[--t->nactions]);
}

static void
action_add(struct talk *t, const char *fmt, ...)
{
	va_list ap;

	if (t->nactions == ACTIONS_MAX) {
		complain(t, "more than %d actions", ACTIONS_MAX);
		return;
	}
	va_start(ap, fmt);
	if (vasprintf(&t->actions[t->nactions], fmt, ap) == -1)
		abort();
	va_end(ap);
	if (!t->quiet)
		printf("\t%s\n", t->actions[t->nactions]);
	t->nactions++;
}

/* A modification; the payload ends in a NUL that reply_read() put there. */
static int
action_take(struct talk *t, char letter, const char *p, size_t len)
{
	uint32_t index = 0;
	const char *value;
	/* With this bit the value brings its own space. */
	const char *space = t->proto & P_HDR_LEADSPC ? "" : " ";

	if (letter == 'i' || letter == 'm') {
		if (len < 4)
			return complain(t, "short '%c'", letter), 1;
		memcpy(&index, p, 4);
		index = ntohl(index);
		p += 4;
		len -= 4;
	}
	switch (letter) {
	case 'h': case 'i': case 'm':
		value = memchr(p, '\0', len) ? p + strlen(p) + 1 : "";
		if (letter == 'h')
			action_add(t, "add %s:%s%s", p, space, value);
		else
			action_add(t, "%s %u %s:%s%s", letter == 'i' ? "insert" : "change", index, p, space, value);
		return 1;
	case 'q':
		action_add(t, "quarantine %s", p);
		return 1;
	case 'b':
		action_add(t, "body %zu octets", len);
		return 1;
	case '+': case '-': case 'e': case '2':
		action_add(t, "%c %s", letter, p);
		return 1;
	case 'p':
		return 1;
	}
	return 0;
}

static const char *
reply_word(char letter)
{
	switch (letter) {
	case 'c': return "continue";
	case 'a': return "accept";
	case 'r': return "reject";
	case 't': return "tempfail";
	case 'd': return "discard";
	case 's': return "skip";
	case 'y': return "reply";
	case 'f': return "shutdown";
	case '4': return "shutdown";
	case 'O': return "options";
	}
	return "unknown";
}

/* Takes frames until one is a reply.  The payload of 'O' goes to `options`. */
static void
reply_read(struct talk *t, uint32_t options[3])
{
	char letter, *buf;
	uint32_t len;
	int r;

	for (;;) {
		snprintf(t->last, sizeof(t->last), "eof");
		t->text[0] = '\0';
		if ((r = get(t, &len, 4)) != 1 || (r = get(t, &letter, 1)) != 1) {
			if (r == -1)
				complain(t, "no reply within %d s", WAIT_MS / 1000);
			return;
		}
		len = ntohl(len);
		if (len == 0 || len > REPLY_MAX)
			return complain(t, "a reply of %u octets", len);
		len--;
		if ((buf = calloc(1, (size_t)len + 1)) == NULL || get(t, buf, len) != 1) {
			free(buf);
			return complain(t, "a reply ends within itself");
		}
		if (letter == 'O' && options != NULL && len >= 12)
			memcpy(options, buf, 12);
		if (letter == 'y')
			snprintf(t->text, sizeof(t->text), "%s", buf);
		r = action_take(t, letter, buf, len);
		free(buf);
		if (!r)
			break;
	}
	snprintf(t->last, sizeof(t->last), "%s", reply_word(letter));
	if (letter == 's')
		t->skip_body = 1;
	if (!t->quiet)
		printf("\t<- %s %s\n", t->last, t->text);
}

/* ---- steps ---- */

static const struct step *
step_find(const char *word)
{
	size_t i;

	for (i = 0; i < STEPS; i++)
		if (strcmp(steps[i].word, word) == 0)
			return &steps[i];
	return NULL;
}

static void
step_send(struct talk *t, const char *word, const void *data, size_t len)
{
	const struct step *s = step_find(word);

	if (s->letter == 'E' || s->letter == 'M')
		actions_clear(t);
	if (s->letter == 'M')
		t->skip_body = 0;
	snprintf(t->last, sizeof(t->last), "none");
	if ((t->proto & s->no) || (s->letter == 'B' && t->skip_body))
		return;
	put_frame(t, s->letter, data, len);
	if (!(t->proto & s->nr))
		reply_read(t, NULL);
}

static void
do_negotiate(struct talk *t, char **w, size_t n)
{
	uint32_t o[3], got[3] = { 0, 0, 0 };
	uint32_t proto = n > 1 ? (uint32_t)strtoul(w[1], NULL, 16) : ALL_PROTO;

	o[0] = htonl(6);
	o[1] = htonl(n > 0 ? (uint32_t)strtoul(w[0], NULL, 16) : ALL_ACTIONS);
	o[2] = htonl(proto);
	put_frame(t, 'O', o, sizeof(o));
	reply_read(t, got);
	t->proto = ntohl(got[2]);
	if (strcmp(t->last, "options") == 0 && (t->proto & ~proto))
		complain(t, "got protocol bits %#x that were not offered", t->proto & ~proto);
	if (!t->quiet)
		printf("\tversion %u actions %#x protocol %#x\n", ntohl(got[0]), ntohl(got[1]), t->proto);
}

/* Words one behind the other, each with its NUL. */
static size_t
join(char *out, size_t size, char **w, size_t n)
{
	size_t i, at = 0, len;

	for (i = 0; i < n; i++) {
		len = strlen(w[i]) + 1;
		if (at + len > size)
			break;
		memcpy(out + at, strcmp(w[i], "\"\"") == 0 ? "" : w[i], strcmp(w[i], "\"\"") == 0 ? 1 : len);
		at += strcmp(w[i], "\"\"") == 0 ? 1 : len;
	}
	return at;
}

static void
do_macros(struct talk *t, char **w, size_t n)
{
	const struct step *s = n > 0 ? step_find(w[0]) : NULL;
	char buf[8192];

	if (s == NULL)
		script_error(t, "macros of which step?");
	buf[0] = s->letter;
	put_frame(t, 'D', buf, 1 + join(buf + 1, sizeof(buf) - 1, w + 1, n - 1));
}

static void
do_connect(struct talk *t, char **w, size_t n)
{
	char buf[1024];
	uint16_t port;
	size_t at;

	if (n != 3)
		script_error(t, "connect HOST ADDR PORT");
	at = (size_t)snprintf(buf, 512, "%s", w[0]) + 1;
	if (strcmp(w[1], "-") == 0) {
		buf[at++] = 'U';
	} else {
		buf[at++] = strchr(w[1], ':') ? '6' : '4';
		port = htons((uint16_t)atoi(w[2]));
		memcpy(buf + at, &port, 2);
		at += 2;
		at += (size_t)snprintf(buf + at, 256, "%s", w[1]) + 1;
	}
	step_send(t, "connect", buf, at);
}

static void
do_envelope(struct talk *t, const char *word, char **w, size_t n)
{
	char buf[8192];

	step_send(t, word, buf, join(buf, sizeof(buf), w, n));
}

static void
do_header(struct talk *t, const char *rest)
{
	char buf[LINE_MAX_LEN + 2];
	size_t name = strcspn(rest, " "), at;

	memcpy(buf, rest, name);
	buf[name] = '\0';
	at = name + 1;
	rest += name;
	if (*rest == ' ' && !(t->proto & P_HDR_LEADSPC))
		rest++;
	at += (size_t)snprintf(buf + at, sizeof(buf) - at, "%s", rest) + 1;
	step_send(t, "header", buf, at);
}

static void
do_body(struct talk *t, const char *rest)
{
	char buf[LINE_MAX_LEN];
	size_t at = 0;
	unsigned int hex;

	for (; *rest != '\0' && at < sizeof(buf); rest++) {
		if (*rest != '\\' || rest[1] == '\0') {
			buf[at++] = *rest;
			continue;
		}
		switch (*++rest) {
		case 'r': buf[at++] = '\r'; break;
		case 'n': buf[at++] = '\n'; break;
		case '0': buf[at++] = '\0'; break;
		case 'x':
			if (sscanf(rest + 1, "%2x", &hex) == 1) {
				buf[at++] = (char)hex;
				rest += 2;
			}
			break;
		default: buf[at++] = *rest;
		}
	}
	step_send(t, "body", buf, at);
}

static void
do_body_file(struct talk *t, const char *path)
{
	char buf[65535];
	size_t n;
	FILE *f = fopen(path, "r");

	if (f == NULL)
		script_error(t, "no such file");
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		step_send(t, "body", buf, n);
	fclose(f);
}

static void
do_body_fill(struct talk *t, unsigned long octets)
{
	static char buf[65536];
	size_t n, i;

	for (i = 0; i + 72 < sizeof(buf); i += 72)
		memcpy(buf + i, "a line of filling that says nothing at all, but says it at full lengt\r\n", 72);
	while (octets > 0) {
		n = octets < i ? octets : i;
		step_send(t, "body", buf, n);
		octets -= n;
	}
}

static void
do_raw(struct talk *t, const char *hex)
{
	unsigned int v;
	unsigned char c;

	for (;;) {
		while (isspace((unsigned char)*hex))
			hex++;
		if (sscanf(hex, "%2x", &v) != 1)
			return;
		c = (unsigned char)v;
		put(t, &c, 1);
		hex += 2;
	}
}

static void
do_frame(struct talk *t, char **w, size_t n)
{
	uint32_t len;

	if (n < 2)
		script_error(t, "frame LENGTH LETTER [TEXT]");
	len = htonl((uint32_t)strtoul(w[0], NULL, 0));
	put(t, &len, 4);
	put(t, w[1], 1);
	if (n > 2)
		put(t, w[2], strlen(w[2]));
}

static int
matches(const struct talk *t, const char *pattern, const char *text)
{
	regex_t re;
	int r;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		script_error(t, "bad pattern");
	r = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return r;
}

static void
do_action(struct talk *t, const char *pattern, int want)
{
	size_t i;
	int found = 0;

	for (i = 0; i < t->nactions; i++)
		found |= matches(t, pattern, t->actions[i]);
	if (found == want)
		return;
	complain(t, "%s action /%s/ among %zu:", want ? "no" : "an", pattern, t->nactions);
	for (i = 0; i < t->nactions; i++)
		printf("\t%s\n", t->actions[i]);
}

static void
do_eof(struct talk *t)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	char c[4096];
	ssize_t n;

	if (t->fd == -1)
		return;
	for (;;) {
		if (poll(&p, 1, WAIT_MS) == 0)
			return complain(t, "the filter did not hang up");
		n = recv(t->fd, c, sizeof(c), 0);
		if (n == 0 || (n == -1 && errno != EINTR))
			break;
	}
	talk_close(t, 0);
}

/* Steps with an argument that is the rest of the line; 1 if it was one. */
static int
run_text(struct talk *t, const char *word, const char *rest)
{
	if (strcmp(word, "header") == 0)
		do_header(t, rest);
	else if (strcmp(word, "body") == 0)
		do_body(t, rest);
	else if (strcmp(word, "body-file") == 0)
		do_body_file(t, rest);
	else if (strcmp(word, "body-fill") == 0)
		do_body_fill(t, strtoul(rest, NULL, 0));
	else if (strcmp(word, "raw") == 0)
		do_raw(t, rest);
	else if (strcmp(word, "action") == 0 || strcmp(word, "no-action") == 0)
		do_action(t, rest, word[0] == 'a');
	else if (strcmp(word, "expect") == 0) {
		if (strcmp(rest, t->last) != 0)
			complain(t, "got %s %s, want %s", t->last, t->text, rest);
	} else if (strcmp(word, "reply") == 0) {
		if (strcmp(t->last, "reply") != 0 || !matches(t, rest, t->text))
			complain(t, "got %s \"%s\", want reply /%s/", t->last, t->text, rest);
	} else
		return 0;
	return 1;
}

static void
run_words(struct talk *t, const char *word, char **w, size_t n)
{
	if (strcmp(word, "open") == 0)
		talk_open(t);
	else if (strcmp(word, "negotiate") == 0)
		do_negotiate(t, w, n);
	else if (strcmp(word, "macros") == 0)
		do_macros(t, w, n);
	else if (strcmp(word, "connect") == 0)
		do_connect(t, w, n);
	else if (strcmp(word, "helo") == 0 || strcmp(word, "mail") == 0 || strcmp(word, "rcpt") == 0)
		do_envelope(t, word, w, n);
	else if (strcmp(word, "data") == 0 || strcmp(word, "eoh") == 0 || strcmp(word, "eom") == 0)
		step_send(t, word, "", 0);
	else if (strcmp(word, "abort") == 0)
		put_frame(t, 'A', "", 0);
	else if (strcmp(word, "quit") == 0)
		put_frame(t, 'Q', "", 0);
	else if (strcmp(word, "quitnc") == 0)
		put_frame(t, 'K', "", 0);
	else if (strcmp(word, "frame") == 0)
		do_frame(t, w, n);
	else if (strcmp(word, "read") == 0)
		reply_read(t, NULL);
	else if (strcmp(word, "eof") == 0)
		do_eof(t);
	else if (strcmp(word, "vanish") == 0)
		talk_close(t, 1);
	else
		script_error(t, "unknown step");
}

static void
run_line(struct talk *t, const char *line)
{
	static char copy[LINE_MAX_LEN];
	char *w[64], *p, *save = NULL, word[32];
	const char *rest;
	size_t n = 0, len = strcspn(line, " \t");

	snprintf(word, sizeof(word), "%.*s", (int)len, line);
	rest = line + len + (line[len] != '\0');
	if (!t->quiet)
		printf("%u %s\n", t->line, line);
	if (run_text(t, word, rest))
		return;
	snprintf(copy, sizeof(copy), "%s", rest);
	for (p = strtok_r(copy, " \t", &save); p != NULL && n < 64; p = strtok_r(NULL, " \t", &save))
		w[n++] = p;
	run_words(t, word, w, n);
}

/* ---- the script ---- */

static size_t
script_read(FILE *f, char **lines)
{
	size_t n = 0, size = 0;
	char *line = NULL;
	ssize_t len;

	while (n < SCRIPT_MAX && (len = getline(&line, &size, f)) != -1) {
		while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			line[--len] = '\0';
		if ((lines[n++] = strdup(line + strspn(line, " \t"))) == NULL)
			abort();
	}
	free(line);
	return n;
}

static void
script_run(struct talk *t, char **lines, size_t n)
{
	size_t i, from = 0;
	long left = 0;

	for (i = 0; i < n && !t->failed; i++) {
		t->line = (unsigned int)i + 1;
		if (lines[i][0] == '#' || lines[i][0] == '\0')
			continue;
		if (strncmp(lines[i], "repeat ", 7) == 0) {
			left = atol(lines[i] + 7);
			from = i;
		} else if (strcmp(lines[i], "end") == 0) {
			if (--left > 0)
				i = from;
		} else
			run_line(t, lines[i]);
	}
}

int
main(int argc, char **argv)
{
	static char *lines[SCRIPT_MAX];
	struct talk t = { .fd = -1 };
	size_t n, i;
	FILE *f = stdin;

	if (argc > 1 && strcmp(argv[1], "-q") == 0) {
		t.quiet = 1;
		argv++, argc--;
	}
	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: miltertalk [-q] inet:PORT@HOST|unix:PATH [FILE]\n");
		return 2;
	}
	t.spec = argv[1];
	if (argc == 3 && (f = fopen(argv[2], "r")) == NULL) {
		perror(argv[2]);
		return 2;
	}
	n = script_read(f, lines);
	script_run(&t, lines, n);
	talk_close(&t, 0);
	actions_clear(&t);
	for (i = 0; i < n; i++)
		free(lines[i]);
	if (f != stdin)
		fclose(f);
	return t.failed;
}
