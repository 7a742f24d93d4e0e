/* SPDX-License-Identifier: ISC */
/* What the files of the configuration's room share: sources, values, the key table.  For conf*.c alone. */
#ifndef HOPWARD_CONF_INT_H
#define HOPWARD_CONF_INT_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"

/* Where something was written: a file and its line, or "-o" and the number of the option. */
struct conf_place {
	const char	*file;		/* borrowed: of the source */
	unsigned int	 line;
};

/* Appends "FILE:LINE: text\n"; without a file "text\n". */
void	conf_error(struct buf *errs, const struct conf_place *, const char *, ...)
	    __attribute__((format(printf, 3, 4)));

/* ---- conf_source.c: the text with its includes expanded, each line knowing where it came from ---- */

#define CONF_FILE_MAX	(1024 * 1024)	/* octets of one file: a configuration is written by people */
#define CONF_TEXT_MAX	(4 * 1024 * 1024)	/* of all files together */
#define CONF_LIST_MAX	(4 * 1024 * 1024)	/* octets of one file: list */
#define CONF_LINE_MAX	4096		/* octets of a line; of a list's entry as well */
#define CONF_INCLUDE_MAX 16		/* depth of includes */
#define CONF_FILES_MAX	1024		/* files in all, lists included */

struct conf_source {
	struct buf		 text;
	struct conf_place	*lines;	/* of text's lines, from 0 */
	size_t			 lines_count, lines_size;
	char			**files;	/* names as shown */
	size_t			 files_count;
	int			 closed;	/* no file may be opened: text that was printed by us */
};

/* Reads a file and all that it includes.  0, or -1 with lines in errs.  src is filled or emptied by conf_source_free. */
int	conf_source_file(struct conf_source *, const char *path, struct buf *errs);
int	conf_source_text(struct conf_source *, const char *name, const char *text, size_t len, struct buf *errs);
void	conf_source_free(struct conf_source *);
/* Remembers a name for places; NULL: too many, or no memory. */
const char *conf_source_name(struct conf_source *, const char *);
/* A file whole, at most max octets, into out (which was initialised).  0, or -1 with one line in errs. */
int	conf_slurp(const char *path, size_t max, struct buf *out, const struct conf_place *from, struct buf *errs);
/* "NAME beside FILE": malloc'ed path; an absolute name stays. */
char	*conf_beside(const char *file, const char *name);
/* Where text's line (from 1) came from. */
struct conf_place conf_source_place(const struct conf_source *, unsigned int line);

/* ---- conf_syntax.c: libconfig's tokens with their columns, and what is wrong with them ---- */

#define CONF_DEPTH_MAX	32	/* nesting of groups and lists; we need three */

enum conf_token_type {
	TOKEN_NAME, TOKEN_EQUALS, TOKEN_COMMA, TOKEN_SEMICOLON, TOKEN_STRING, TOKEN_NUMBER, TOKEN_BOOL,
	TOKEN_OPEN,		/* { [ ( */
	TOKEN_CLOSE,		/* } ] ) */
	TOKEN_GARBAGE,
	TOKEN_END
};

struct conf_token {
	enum conf_token_type	 type;
	size_t			 at, len;	/* in the source's text */
	unsigned int		 line;		/* of the source's text, from 1 */
};

struct conf_tokens {
	struct conf_token	*list;
	size_t			 count, size;
};

/*
 * Cuts the text into tokens.  What libconfig lets pass though it loses
 * settings is refused here: a comment that is never closed, a string over
 * several lines, two strings side by side in a list.  0, or -1 with lines in errs.
 */
int	conf_tokens_read(const struct conf_source *, struct conf_tokens *, struct buf *errs);
void	conf_tokens_free(struct conf_tokens *);
/* Finds the first mistake of syntax, shows it with a caret and a hint.  0, or -1 with lines in errs. */
int	conf_syntax_check(const struct conf_source *, const struct conf_tokens *, struct buf *errs);
/* "FILE:LINE: text", the line, a caret below octet `at` of the text, "    hint: ...".  hint may be NULL. */
void	conf_syntax_show(const struct conf_source *, size_t at, unsigned int line, const char *text, const char *hint,
	    struct buf *errs);

/* ---- conf_keys.c: the table ---- */

enum conf_type {
	KEY_STRING, KEY_SIZE, KEY_TIME, KEY_MODE, KEY_COUNT, KEY_BOOL, KEY_ENUM,
	KEY_LIST,		/* char **, NULL-terminated */
	KEY_NETS,		/* struct cidr_list */
	KEY_JOINED,		/* a list, kept as one string with commas */
	KEY_ACTION,		/* struct policy_action */
	KEY_ACTION_ALL,		/* of all classes */
	KEY_PARTNERS,		/* struct partners; conf_partner.c's */
	KEY_RULES,		/* struct rules; conf_rules.c's */
};

enum conf_room { ROOM_PARENT, ROOM_START, ROOM_FRONT, ROOM_SCAN, ROOM_NONE };

#define KEY_AUTO	0x01	/* "auto" is 0 */
#define KEY_NULL	0x02	/* "" is NULL */
#define KEY_FIRST	0x04	/* a shorthand: set before the others of its layer, never printed */
#define KEY_WIDE	0x08	/* the member has 64 bits (COUNT, BOOL) */
#define KEY_MICRO	0x10	/* the member is in microseconds (TIME) */
#define KEY_LOWER	0x20	/* entries are kept in lower case */

struct conf_choice {
	const char	*name;
	int		 value;
};

struct conf_key {
	const char	*path;
	enum conf_type	 type;
	enum conf_room	 room;
	size_t		 offset;	/* of the member in the room's struct; for actions the outcome and class */
	const char	*def;		/* default as in the file, without quotes; NULL: policy_init's */
	const char	*help;		/* one line for conf/hopward.conf; NULL: as in clamd.conf(5) */
	unsigned int	 flags;
	uint64_t	 min, max;	/* of COUNT, SIZE and TIME in the unit as kept; max 0: none */
	const struct conf_choice *choices;	/* of ENUM, ends with NULL */
	int		 (*check)(const char *, char *err, size_t);	/* of STRING and each entry of a LIST, or NULL */
};

extern const struct conf_key conf_keys[];
extern const size_t conf_keys_count;

const struct conf_key *conf_key_find(const char *path);
int	conf_key_is_group(const char *path);	/* "scanner" and "actions.mx" are */
/* The likeliest known key or group, or NULL: in the same group first, then anywhere. */
const char *conf_key_guess(const char *path);
/* The likeliest of a list that ends with NULL, or NULL. */
const char *conf_word_guess(const char *word, const char *const *list);
/* Address of a key's member, NULL for ROOM_NONE. */
void	*conf_key_member(const struct conf *, const struct conf_key *);

/* ---- conf_clamd.c: options of clamd.conf that are no keys ---- */

/* The n-th, with the end of the sentence "clamd's NAME ...", or NULL behind the last. */
const char *conf_clamd_option(size_t n, const char **instead);
const char *conf_clamd_instead(const char *name);	/* NULL: no such option */

/* ---- conf_doubt.c: values that cannot be meant ---- */

/* Mistakes into errs, what may be meant after all as "note: text" into notes.  0, or -1: there are mistakes. */
int	conf_doubts(const struct conf *, struct buf *errs, struct buf *notes);

/* ---- conf_value.c: a value as written -> a member ---- */

enum conf_kind { VALUE_STRING, VALUE_NUMBER, VALUE_BOOL, VALUE_LIST, VALUE_GROUP };

struct conf_item {
	char			*text;
	enum conf_kind		 kind;
	struct conf_place	 place;
};

struct conf_value {
	enum conf_kind		 kind;
	struct conf_item	*items;		/* one, unless it is a list */
	size_t			 count, size;
	struct conf_place	 place;
};

int	conf_value_add(struct conf_value *, const char *text, size_t len, enum conf_kind, struct conf_place); /* 0 or -1 */
void	conf_value_free(struct conf_value *);	/* its members */
/* Checks and stores; `src` opens file: lists.  0, or -1 with lines in errs. */
int	conf_value_set(struct conf *, const struct conf_key *, const struct conf_value *, struct conf_source *src,
	    struct buf *errs);

/* The same for a member that is in no room: its key has the type and the name that refusals say. */
int	conf_value_store(void *member, const struct conf_key *, const struct conf_value *, struct conf_source *src,
	    struct buf *errs);

/* ---- conf.c: libconfig's tree ---- */

struct config_setting_t;

struct conf_place conf_tree_place(const struct conf_source *, const struct config_setting_t *);
/* A scalar, a list of scalars, or the mere fact that it is a group.  0, or -1: no memory. */
int	conf_tree_value(const struct conf_source *, const struct config_setting_t *, struct conf_value *);

/* ---- conf_print.c ---- */

void	conf_print_text(struct buf *, const char *);
void	conf_print_list(struct buf *, char *const *);
void	conf_print_nets(struct buf *, const struct cidr_list *);

/* ---- conf_partner.c ---- */

/* What can only be checked when all else was read. */
struct conf_partners_notes {
	struct conf_place	 graded;	/* the first partner that asks for a grade; file NULL: none */
	char			 graded_name[64];
	struct buf		 over;		/* lines about what has no effect: no mistakes, told if there are none */
};

/*
 * Replaces the partners by those of the list.  0, or -1 with lines in errs; then `to` is to be freed all the same.
 */
int	conf_partners_read(struct partners *to, struct config_setting_t *, struct conf_source *,
	    struct conf_partners_notes *, struct buf *errs);
void	conf_partners_print(const struct partners *, struct buf *);

/* ---- conf_rules.c ---- */

/*
 * Replaces the rules by those of the list; *places (freed and made anew, the
 * caller's) is where each was written.  0, or -1 with lines in errs; then `to` is to be freed all the same.
 */
int	conf_rules_read(struct rules *to, struct config_setting_t *, struct conf_source *, struct conf_place **places,
	    struct buf *errs);
/* When all was read: the partners that rules name are there.  0, or -1 with lines in errs. */
int	conf_rules_partners(const struct rules *, const struct partners *, const struct conf_place *places, struct buf *errs);
void	conf_rules_print(const struct rules *, struct buf *);

/* Reads a configuration that conf_print wrote; opens no file but that of the profile. */
struct conf *conf_read_printed(const char *text, size_t len, struct buf *errs);

#endif
