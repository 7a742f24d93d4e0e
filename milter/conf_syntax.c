/* SPDX-License-Identifier: ISC */
/* libconfig's syntax: its tokens with columns, and for a mistake the line, a caret and what was likely meant. */

/*
 * libconfig says no more than "syntax error" and a line, and leaks a string
 * when it does.  So the same grammar (version 1.5) is walked over the tokens
 * first; a unit test holds the two against each other on random texts.  Refused
 * besides is what libconfig accepts but nobody means.  libconfig then has the
 * last word and builds the tree.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_int.h"

#define SHOWN_MAX	120	/* octets of a line that are shown */

/* ---- tokens ---- */

static int
name_char(int c, int first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*' ||
	    (!first && ((c >= '0' && c <= '9') || c == '-' || c == '_'));
}

static int
number_char(int c, int first)
{
	return (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' ||
	    (!first && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')));
}

static int
token_add(struct conf_tokens *tokens, enum conf_token_type type, size_t at, size_t len, unsigned int line)
{
	struct conf_token	*list;
	size_t			 size;

	if (tokens->count == tokens->size) {
		size = tokens->size == 0 ? 256 : tokens->size * 2;
		if ((list = reallocarray(tokens->list, size, sizeof(*list))) == NULL)
			return -1;
		tokens->list = list;
		tokens->size = size;
	}
	list = &tokens->list[tokens->count++];
	list->type = type;
	list->at = at;
	list->len = len;
	list->line = line;
	return 0;
}

/* Octets of a string literal with its quotes, 0 if it is not closed on its line. */
static size_t
string_length(const char *p, const char *end)
{
	const char	*s;

	for (s = p + 1; s < end && *s != '\n'; s++) {
		if (*s == '\\' && s + 1 < end && s[1] != '\n')
			s++;
		else if (*s == '"')
			return (size_t)(s - p) + 1;
	}
	return 0;
}

static enum conf_token_type
char_type(char c)
{
	switch (c) {
	case '=':
	case ':':
		return TOKEN_EQUALS;
	case ',':
		return TOKEN_COMMA;
	case ';':
		return TOKEN_SEMICOLON;
	case '{':
	case '[':
	case '(':
		return TOKEN_OPEN;
	case '}':
	case ']':
	case ')':
		return TOKEN_CLOSE;
	}
	return TOKEN_GARBAGE;
}

/* One token that is neither space, comment nor string. */
static int
token_plain(struct conf_tokens *tokens, const char *text, size_t at, size_t end, unsigned int line, size_t *len)
{
	enum conf_token_type	 type;
	size_t			 n = 1;

	if (name_char(text[at], 1)) {
		while (at + n < end && name_char(text[at + n], 0))
			n++;
		type = TOKEN_NAME;
		if ((n == 4 && strncasecmp(text + at, "true", 4) == 0) ||
		    (n == 5 && strncasecmp(text + at, "false", 5) == 0))
			type = TOKEN_BOOL;
	} else if (number_char(text[at], 1)) {
		while (at + n < end && number_char(text[at + n], 0))
			n++;
		type = TOKEN_NUMBER;
	} else
		type = char_type(text[at]);
	*len = n;
	return token_add(tokens, type, at, n, line);
}

/* End of a comment that begins at `at`, or 0 if there is none; counts lines. */
static size_t
comment_skip(const char *text, size_t at, size_t end, unsigned int *line, int *open)
{
	*open = 0;
	if (text[at] == '#' || (text[at] == '/' && at + 1 < end && text[at + 1] == '/')) {
		while (at < end && text[at] != '\n')
			at++;
		return at;
	}
	if (text[at] != '/' || at + 1 >= end || text[at + 1] != '*')
		return 0;
	for (at += 2; at + 1 < end; at++) {
		if (text[at] == '*' && text[at + 1] == '/')
			return at + 2;
		*line += text[at] == '\n';
	}
	*open = 1;
	return end;
}

/* libconfig joins "a" "b" to "ab", also in lists, where a comma was forgotten. */
static int
tokens_check(const struct conf_source *src, const struct conf_tokens *tokens, struct buf *errs)
{
	char				 stack[CONF_DEPTH_MAX];
	const struct conf_token		*t, *last = NULL;
	size_t				 i, depth = 0;
	int				 rc = 0;

	for (i = 0; i < tokens->count; i++, last = t) {
		t = &tokens->list[i];
		if (t->type == TOKEN_OPEN) {
			if (depth == CONF_DEPTH_MAX) {
				conf_syntax_show(src, t->at, t->line, "groups and lists are nested too deeply", NULL, errs);
				return -1;
			}
			stack[depth++] = src->text.data[t->at];
		} else if (t->type == TOKEN_CLOSE && depth > 0)
			depth--;
		else if (t->type == TOKEN_STRING && last != NULL && last->type == TOKEN_STRING &&
		    depth > 0 && stack[depth - 1] != '{') {
			conf_syntax_show(src, t->at, t->line, "two strings without a comma between them",
			    "put a comma after the element before this one", errs);
			rc = -1;
		}
	}
	return rc;
}

int
conf_tokens_read(const struct conf_source *src, struct conf_tokens *tokens, struct buf *errs)
{
	const char	*text = src->text.data;
	size_t		 at = 0, end = src->text.len, len, next;
	unsigned int	 line = 1, first;
	int		 open;

	memset(tokens, 0, sizeof(*tokens));
	while (at < end) {
		if (text[at] == '\n' || text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\f') {
			line += text[at++] == '\n';
			continue;
		}
		first = line;
		if ((next = comment_skip(text, at, end, &line, &open)) != 0) {
			if (open) {
				conf_syntax_show(src, at, first, "this comment is never closed",
				    "close it with */, or use # for a comment of one line", errs);
				return -1;
			}
			at = next;
			continue;
		}
		if (text[at] == '"') {
			if ((len = string_length(text + at, text + end)) == 0) {
				conf_syntax_show(src, at, line, "this string is not closed on its line",
				    "put a \" at its end; a \" inside is written \\\"", errs);
				return -1;
			}
			if (token_add(tokens, TOKEN_STRING, at, len, line) == -1)
				goto memory;
		} else if (token_plain(tokens, text, at, end, line, &len) == -1)
			goto memory;
		at += len;
	}
	if (token_add(tokens, TOKEN_END, end, 0, line) == -1)
		goto memory;
	return tokens_check(src, tokens, errs);
memory:
	conf_error(errs, NULL, "no memory to read the configuration");
	return -1;
}

void
conf_tokens_free(struct conf_tokens *tokens)
{
	free(tokens->list);
	memset(tokens, 0, sizeof(*tokens));
}

/* ---- showing a line ---- */

void
conf_syntax_show(const struct conf_source *src, size_t at, unsigned int line, const char *what, const char *hint,
    struct buf *errs)
{
	struct conf_place	 place = conf_source_place(src, line);
	const char		*text = src->text.data;
	size_t			 begin = at, end = at, i;

	conf_error(errs, &place, "%s", what);
	while (begin > 0 && text[begin - 1] != '\n')
		begin--;
	while (end < src->text.len && text[end] != '\n')
		end++;
	if (at - begin > SHOWN_MAX / 2 && end - begin > SHOWN_MAX)
		begin = at - SHOWN_MAX / 2;
	while (begin < at && ((unsigned char)text[begin] & 0xc0) == 0x80)	/* not inside a UTF-8 character */
		begin++;
	if (end - begin > SHOWN_MAX)
		end = begin + SHOWN_MAX;
	buf_addz(errs, "    ");
	for (i = begin; i < end; i++)
		buf_addc(errs, text[i] == '\t' || (unsigned char)text[i] >= ' ' ? text[i] : '?');
	buf_addz(errs, "\n    ");
	for (i = begin; i < at; i++)
		if (text[i] == '\t')
			buf_addc(errs, '\t');
		else if (((unsigned char)text[i] & 0xc0) != 0x80)
			buf_addc(errs, ' ');
	buf_addz(errs, "^\n");
	if (hint != NULL)
		buf_addf(errs, "    hint: %s\n", hint);
}

/* ---- the grammar, walked until the first mistake ---- */

enum expect { WANT_SETTING, WANT_EQUALS, WANT_VALUE, WANT_VALUE_OR_END, WANT_TERMINATOR, WANT_COMMA };

struct walk {
	const struct conf_source	*src;
	const struct conf_token		*t, *last;	/* the token at hand and the one before, NULL at first */
	const struct conf_token		*stack[CONF_DEPTH_MAX];	/* what is open */
	size_t				 depth;
	enum expect			 expect;
	const struct conf_token		*name;		/* of the setting that is being written */
	struct buf			*errs;
};

static char
token_char(const struct walk *w, const struct conf_token *t)
{
	return t->len > 0 ? w->src->text.data[t->at] : '\0';
}

static int
token_is(const struct walk *w, const struct conf_token *t, const char *word)
{
	return strlen(word) == t->len && strncasecmp(w->src->text.data + t->at, word, t->len) == 0;
}

/* What surrounds the token at hand: '{' for the top level too. */
static char
walk_around(const struct walk *w)
{
	return w->depth == 0 ? '{' : token_char(w, w->stack[w->depth - 1]);
}

static int
show(const struct walk *w, const struct conf_token *t, const char *what, const char *hint)
{
	conf_syntax_show(w->src, t->at, t->line, what, hint, w->errs);
	return 1;
}

/* Octets that a person would have put in quotes: up to a blank or a mark of the syntax. */
static size_t
word_length(const struct walk *w, size_t at)
{
	const char	*text = w->src->text.data;
	size_t		 n = 0;

	while (at + n < w->src->text.len && (unsigned char)text[at + n] > ' ' &&
	    strchr(";,]})\"", text[at + n]) == NULL)
		n++;
	return n;
}

static int
explain_word(const struct walk *w)
{
	static const char *const yes[] = { "yes", "on", "enabled", "no", "off", "disabled" };
	char	 what[256], hint[256];
	size_t	 i, len = word_length(w, w->t->at);
	const char *word = w->src->text.data + w->t->at;

	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (token_is(w, w->t, yes[i]) && len == w->t->len) {
			snprintf(what, sizeof(what), "got %.*s, want a value", (int)len, word);
			snprintf(hint, sizeof(hint), "write %s without quotes, or \"%s\" if a word is meant",
			    i < 3 ? "true" : "false", yes[i]);
			return show(w, w->t, what, hint);
		}
	snprintf(what, sizeof(what), "got the bare word %.*s, want a value", (int)(len > 80 ? 80 : len), word);
	snprintf(hint, sizeof(hint), "put it in quotes: \"%.*s\"", (int)(len > 80 ? 80 : len), word);
	return show(w, w->t, what, hint);
}

static int
explain_garbage(const struct walk *w)
{
	const char	*text = w->src->text.data + w->t->at;
	size_t		 left = w->src->text.len - w->t->at;

	if (text[0] == '\'' || text[0] == '`')
		return show(w, w->t, "a string has double quotes", "write \" instead of the quote here");
	if (left >= 3 && (memcmp(text, "\xe2\x80\x9c", 3) == 0 || memcmp(text, "\xe2\x80\x9d", 3) == 0 ||
	    memcmp(text, "\xe2\x80\x9e", 3) == 0 || memcmp(text, "\xe2\x80\x98", 3) == 0 ||
	    memcmp(text, "\xe2\x80\x99", 3) == 0))
		return show(w, w->t, "this is a quote as word processors write it", "write \" instead");
	if (left >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return show(w, w->t, "a byte order mark (EF BB BF) inside the text", "delete it");
	if (left >= 2 && memcmp(text, "\xc2\xa0", 2) == 0)
		return show(w, w->t, "this is a no-break space", "replace it by a plain space");
	if (left >= 8 && memcmp(text, "@include", 8) == 0)
		return show(w, w->t, "an @include must stand alone on its line", NULL);
	if (w->expect == WANT_VALUE || w->expect == WANT_VALUE_OR_END)
		return explain_word(w);
	return show(w, w->t, "nothing begins with this character", NULL);
}

/* In place of a setting's name or the end of a group. */
static int
explain_setting(const struct walk *w)
{
	char	 hint[256];
	char	 c = token_char(w, w->t);

	switch (w->t->type) {
	case TOKEN_STRING:
		if (w->last != NULL && (w->last->type == TOKEN_COMMA || w->last->type == TOKEN_SEMICOLON) && w->depth == 0)
			return show(w, w->t, "got a string, want the name of a setting",
			    "a list is written in brackets: [ \"a\", \"b\" ]; a name has no quotes");
		return show(w, w->t, "got a string, want the name of a setting", "names are written without quotes");
	case TOKEN_SEMICOLON:
	case TOKEN_COMMA:
		return show(w, w->t, "got a second separator, want the name of a setting", "one ; is enough");
	case TOKEN_EQUALS:
		return show(w, w->t, "got = or :, want the name of a setting", "a name may hold letters, digits, - and _");
	case TOKEN_OPEN:
		if (c == '[' && w->depth == 0)
			return show(w, w->t, "got [, want the name of a setting",
			    "a group is written  name: { key = value; };");
		return show(w, w->t, "got a bracket, want the name of a setting", "write  name = ...  in front of it");
	case TOKEN_CLOSE:
		if (w->depth == 0)
			return show(w, w->t, "nothing is open that this could close", "delete it, or look for a missing {");
		snprintf(hint, sizeof(hint), "a { is closed by }");
		return show(w, w->t, "got the wrong bracket, want } or the name of a setting", hint);
	case TOKEN_BOOL:
		return show(w, w->t, "got a value, want the name of a setting", NULL);
	default:
		return show(w, w->t, "got a number, want the name of a setting", "a name begins with a letter");
	}
}

static int
explain_equals(const struct walk *w)
{
	char	 hint[256];
	const char *text = w->src->text.data;

	if (w->t->type == TOKEN_NUMBER && token_char(w, w->t) == '.') {
		snprintf(hint, sizeof(hint), "write  %.*s: { %.*s = ...; };", (int)(w->name->len > 60 ? 60 : w->name->len),
		    text + w->name->at, (int)(w->t->len > 60 ? 60 : w->t->len - 1), text + w->t->at + 1);
		return show(w, w->t, "a name has no dot", hint);
	}
	if (token_is(w, w->name, "include") && w->t->type == TOKEN_STRING)
		return show(w, w->t, "want = or : after the name", "another file is read with  @include \"NAME\"");
	snprintf(hint, sizeof(hint), "write  %.*s = ...", (int)(w->name->len > 80 ? 80 : w->name->len),
	    text + w->name->at);
	return show(w, w->t, "want = or : after the name", hint);
}

static int
explain_value(const struct walk *w)
{
	char	 around = walk_around(w), c = token_char(w, w->t);

	if (w->t->type == TOKEN_NAME)
		return explain_word(w);
	if (w->t->type == TOKEN_CLOSE && w->last->type == TOKEN_COMMA)
		return show(w, w->last, "a comma with nothing behind it", "the last element has no comma after it");
	if (w->t->type == TOKEN_COMMA && around != '{')
		return show(w, w->t, "got a comma, want a value", "one comma between two elements");
	if (w->t->type == TOKEN_EQUALS)
		return show(w, w->t, "got a second = or :, want a value", "one is enough");
	if (w->t->type == TOKEN_OPEN && around == '[')
		return show(w, w->t, c == '{' ? "a group cannot stand in [ ]" : "a list cannot stand in [ ]",
		    "use ( ) for a list of groups or lists");
	return show(w, w->t, "want a value", "a value is \"text\", a number, true or false, [ ... ], ( ... ) or { ... }");
}

static int
explain_comma(const struct walk *w)
{
	if (w->t->type == TOKEN_CLOSE) {
		char what[64];
		snprintf(what, sizeof(what), "got %c, want %c", token_char(w, w->t), walk_around(w) == '[' ? ']' : ')');
		return show(w, w->t, what, "close the list with the bracket that opened it");
	}
	if (w->t->type == TOKEN_SEMICOLON || w->t->type == TOKEN_EQUALS)
		return show(w, w->t, "want a comma, or the end of the list", "elements are separated by commas");
	if (w->t->type == TOKEN_NAME && w->last->type == TOKEN_NUMBER &&
	    w->last->at + w->last->len == w->t->at)
		return show(w, w->last, "a number with letters", "put it in quotes");
	return show(w, w->t, w->t->type == TOKEN_OPEN && token_char(w, w->t) == '{' ?
	    "two groups without a comma between them" : "two elements without a comma between them",
	    "put a comma after the element before this one");
}

static int
explain_end(const struct walk *w)
{
	struct conf_place	 place;
	const struct conf_token	*open;
	char			 what[64], hint[CONF_LINE_MAX];

	if (w->depth == 0)
		return show(w, w->last != NULL ? w->last : w->t, "the text ends where a value is wanted", NULL);
	open = w->stack[w->depth - 1];
	place = conf_source_place(w->src, w->t->line);
	snprintf(what, sizeof(what), "this %c is never closed", token_char(w, open));
	snprintf(hint, sizeof(hint), "the end of %s was reached, looking for %c", place.file,
	    token_char(w, open) == '{' ? '}' : token_char(w, open) == '[' ? ']' : ')');
	return show(w, open, what, hint);
}

/* A number that libconfig reads as two things ("25MB") or as a cut one. */
static int
number_valid(const char *p, size_t len)
{
	char	 copy[64], *end;
	size_t	 n;

	if (len >= sizeof(copy))
		return 0;
	memcpy(copy, p, len);
	copy[len] = '\0';
	for (n = 0; n < 2 && len > 1 && copy[len - 1] == 'L'; n++)
		copy[--len] = '\0';
	n = copy[0] == '+' || copy[0] == '-';
	if (copy[n] == '0' && (copy[n + 1] == 'x' || copy[n + 1] == 'X'))
		return n == 0 && len > 2 && strspn(copy + 2, "0123456789abcdefABCDEF") == len - 2;
	if (strspn(copy + n, "0123456789.eE+-") != len - n || len == n)
		return 0;
	(void)strtod(copy, &end);
	return *end == '\0' || strcmp(copy + n, ".") == 0;
}

static int
explain_duplicate(const struct walk *w, const struct conf_tokens *tokens)
{
	const char		*text = w->src->text.data;
	const struct conf_token	*t;
	struct conf_place	 place;
	char			 what[256], hint[CONF_LINE_MAX];
	size_t			 depth = 0, first = 0;

	/* Names of the group that is open: those at its depth since it was opened. */
	if (w->depth > 0)
		first = (size_t)(w->stack[w->depth - 1] - tokens->list) + 1;
	for (t = &tokens->list[first]; t < w->t; t++) {
		if (t->type == TOKEN_OPEN)
			depth++;
		else if (t->type == TOKEN_CLOSE)
			depth--;
		else if (depth == 0 && t->type == TOKEN_NAME && t[1].type == TOKEN_EQUALS && t->len == w->t->len &&
		    memcmp(text + t->at, text + w->t->at, t->len) == 0)
			break;
	}
	if (t == w->t)
		return 0;
	place = conf_source_place(w->src, t->line);
	snprintf(what, sizeof(what), "%.*s is set a second time", (int)(t->len > 80 ? 80 : t->len), text + t->at);
	snprintf(hint, sizeof(hint), "the first is at %s:%u; %s", place.file, place.line,
	    w->t[2].type == TOKEN_OPEN && token_char(w, &w->t[2]) == '{' ?
	    "a group is written once, with all its keys" : "delete one");
	return show(w, w->t, what, hint);
}

/* After a whole value: what may come depends on what is around. */
static void
value_done(struct walk *w)
{
	w->expect = walk_around(w) == '{' ? WANT_TERMINATOR : WANT_COMMA;
}

static void
walk_close(struct walk *w)
{
	w->depth--;
	value_done(w);
}

static void
walk_open(struct walk *w)
{
	w->stack[w->depth++] = w->t;
	w->expect = token_char(w, w->t) == '{' ? WANT_SETTING : WANT_VALUE_OR_END;
}

static int
closes(const struct walk *w)
{
	char	 open = w->depth > 0 ? token_char(w, w->stack[w->depth - 1]) : '\0';
	char	 c = token_char(w, w->t);

	return (open == '{' && c == '}') || (open == '[' && c == ']') || (open == '(' && c == ')');
}

static int
step_setting(struct walk *w, const struct conf_tokens *tokens)
{
	if (w->t->type == TOKEN_NAME) {
		w->name = w->t;
		w->expect = WANT_EQUALS;
		return explain_duplicate(w, tokens);
	}
	if (w->t->type == TOKEN_CLOSE && closes(w)) {
		walk_close(w);
		return 0;
	}
	if (w->t->type == TOKEN_END)
		return w->depth == 0 ? 0 : explain_end(w);
	return w->t->type == TOKEN_GARBAGE ? explain_garbage(w) : explain_setting(w);
}

static int
step_value(struct walk *w)
{
	switch (w->t->type) {
	case TOKEN_NUMBER:
		if (!number_valid(w->src->text.data + w->t->at, w->t->len))
			return explain_word(w);
		/* FALLTHROUGH */
	case TOKEN_STRING:
	case TOKEN_BOOL:
		value_done(w);
		return 0;
	case TOKEN_OPEN:
		if (walk_around(w) == '[')
			return explain_value(w);
		walk_open(w);
		return 0;
	case TOKEN_CLOSE:
		if (w->expect == WANT_VALUE_OR_END && closes(w)) {
			walk_close(w);
			return 0;
		}
		return explain_value(w);
	case TOKEN_GARBAGE:
		return explain_garbage(w);
	case TOKEN_END:
		return explain_end(w);
	default:
		return explain_value(w);
	}
}

/* 1: explained, 0: fine so far. */
static int
step(struct walk *w, const struct conf_tokens *tokens)
{
	switch (w->expect) {
	case WANT_TERMINATOR:
		/* "text" "more" is one value. */
		if (w->t->type == TOKEN_STRING && w->last->type == TOKEN_STRING)
			return 0;
		w->expect = WANT_SETTING;
		if (w->t->type == TOKEN_SEMICOLON || w->t->type == TOKEN_COMMA)
			return 0;
		return step_setting(w, tokens);
	case WANT_SETTING:
		return step_setting(w, tokens);
	case WANT_EQUALS:
		if (w->t->type == TOKEN_EQUALS) {
			w->expect = WANT_VALUE;
			return 0;
		}
		return w->t->type == TOKEN_END ? explain_end(w) : explain_equals(w);
	case WANT_VALUE:
	case WANT_VALUE_OR_END:
		return step_value(w);
	case WANT_COMMA:
		if (w->t->type == TOKEN_COMMA) {
			w->expect = WANT_VALUE;
			return 0;
		}
		if (w->t->type == TOKEN_CLOSE && closes(w)) {
			walk_close(w);
			return 0;
		}
		if (w->t->type == TOKEN_END)
			return explain_end(w);
		return w->t->type == TOKEN_GARBAGE ? explain_garbage(w) : explain_comma(w);
	}
	return 0;
}

int
conf_syntax_check(const struct conf_source *src, const struct conf_tokens *tokens, struct buf *errs)
{
	struct walk	 w;
	size_t		 i;

	memset(&w, 0, sizeof(w));
	w.src = src;
	w.errs = errs;
	w.expect = WANT_SETTING;
	for (i = 0; i < tokens->count; i++) {
		w.t = &tokens->list[i];
		if (step(&w, tokens))
			return -1;
		w.last = w.t;
	}
	return 0;
}
