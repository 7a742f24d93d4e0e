/* SPDX-License-Identifier: ISC */
/* What reading a configuration cannot know: whether the users, directories, sockets and signatures it names are there. */

/*
 * For hopward -n, for the start and before a reload.  It looks and changes
 * nothing.  As root it asks for each process' own user whether that one may
 * (permission bits and groups; not ACLs); otherwise all run as one user and
 * the kernel is asked.  Lines are "key: text", as values may come from anywhere.
 */

#include <sys/socket.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_int.h"
#include "pidfile.h"
#include "user.h"

#define GROUPS_MAX	64
#define NOTES_MAX	16384

/* Who would do it. */
struct who {
	const char	*name;		/* as configured */
	int		 known;		/* is somebody else than us, and was found */
	uid_t		 uid;
	gid_t		 groups[GROUPS_MAX + 1];
	int		 groups_count;
};

struct checking {
	const struct conf	*conf;
	struct buf		*errs;
	struct buf		 notes;		/* what stops nothing; told behind the errors' place if there are none */
	int			 failed;
	struct who		 front, scan, self;
};

static void complain(struct checking *, const char *, ...) __attribute__((format(printf, 2, 3)));

static void
complain(struct checking *c, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	buf_vaddf(c->errs, fmt, ap);
	va_end(ap);
	buf_addc(c->errs, '\n');
	c->failed = 1;
}

static void
who_find(struct checking *c, const char *key, const char *spec, struct who *who)
{
	struct user	 user;

	memset(who, 0, sizeof(*who));
	who->name = spec;
	if (geteuid() != 0)	/* there is one user to be, whatever the configuration says */
		return;
	if (user_lookup(spec, &user) == -1) {
		complain(c, "%s: there is no user %s; adduser --system --group %s makes one", key, spec, spec);
		return;
	}
	who->known = 1;
	who->uid = user.uid;
	who->groups_count = GROUPS_MAX;
	if (user.name[0] == '\0' || getgrouplist(user.name, user.gid, who->groups, &who->groups_count) == -1) {
		who->groups[0] = user.gid;
		who->groups_count = 1;
	}
}

static void
group_find(struct checking *c, const char *key, const char *spec, struct who *also)
{
	gid_t	 gid;

	if (spec == NULL)
		return;
	if (user_group(spec, &gid) == -1)
		complain(c, "%s: there is no group %s", key, spec);
	else if (also != NULL && also->known)
		also->groups[also->groups_count++] = gid;
}

/* May this user do what `bits` (of R_OK W_OK X_OK) say to this very file? */
static int
may_inode(const struct who *who, const struct stat *st, int bits)
{
	int	 i, shift = 0;

	if (who->uid == 0)
		return !(bits & X_OK) || S_ISDIR(st->st_mode) || (st->st_mode & 0111);
	if (st->st_uid == who->uid)
		shift = 6;
	else
		for (i = 0; i < who->groups_count; i++)
			if (who->groups[i] == st->st_gid)
				shift = 3;
	return ((st->st_mode >> shift) & (mode_t)bits) == (mode_t)bits;
}

/*
 * A parent whose capabilities are bounded does not see what belongs to its
 * children; that is no mistake of the configuration.
 */
static int
hidden(const struct who *who)
{
	return errno == EACCES && (who->known || geteuid() == 0);
}

/* The same for a path: all directories above must let the user through.  0, or -1 with errno. */
static int
may(const struct who *who, const char *path, int bits)
{
	struct stat	 st;
	char		 copy[PATH_MAX];
	char		*slash;

	if (!who->known)
		return faccessat(AT_FDCWD, path, bits, AT_EACCESS);
	if (strlen(path) >= sizeof(copy)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strncpy(copy, path, sizeof(copy) - 1);
	copy[sizeof(copy) - 1] = '\0';
	for (slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (stat(copy, &st) == -1)
			return hidden(who) ? 0 : -1;
		if (S_ISDIR(st.st_mode) && !may_inode(who, &st, X_OK)) {
			errno = EACCES;
			return -1;
		}
		*slash = '/';
	}
	if (stat(path, &st) == -1)
		return hidden(who) ? 0 : -1;
	if (may_inode(who, &st, bits))
		return 0;
	errno = EACCES;
	return -1;
}

static const char *
who_str(const struct who *who)
{
	return who->known ? who->name : "this user";
}

/* A directory that must exist, and in which the user must be able to do that. */
static int
check_directory(struct checking *c, const char *key, const char *path, const struct who *who, int bits)
{
	struct stat	 st;

	if (stat(path, &st) == -1) {
		if (hidden(who))
			return 0;
		complain(c, "%s: %s: %s", key, path, strerror(errno));
	} else if (!S_ISDIR(st.st_mode))
		complain(c, "%s: %s is no directory", key, path);
	else if (may(who, path, bits) == 0)
		return 0;
	else if (errno == EACCES && who->known)
		complain(c, "%s: %s %s %s; chown %s %s lets it", key, who_str(who),
		    bits & W_OK ? "cannot write in" : "cannot read", path, who->name, path);
	else
		complain(c, "%s: %s: %s", key, path, strerror(errno));
	return -1;
}

/* The directory of a file that is still to be made. */
static int
check_parent(struct checking *c, const char *key, const char *path, const struct who *who)
{
	char	 copy[PATH_MAX];

	if (strlen(path) >= sizeof(copy)) {
		complain(c, "%s: %s: %s", key, path, strerror(ENAMETOOLONG));
		return -1;
	}
	strncpy(copy, path, sizeof(copy) - 1);
	copy[sizeof(copy) - 1] = '\0';
	return check_directory(c, key, dirname(copy), who, W_OK | X_OK);
}

/* ---- sockets ---- */

static void
check_unix(struct checking *c, const char *key, const char *path, const struct who *who)
{
	struct stat	 st;

	if (check_parent(c, key, path, who) == 0 && lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		complain(c, "%s: %s exists and is no socket", key, path);
}

/* libmilter's "inet:PORT@HOST". */
static void
check_inet(struct checking *c, const char *spec)
{
	struct addrinfo	 hints, *found = NULL;
	const char	*host = strchr(spec, '@');
	char		 copy[256];
	size_t		 len;
	int		 rc;

	if (host == NULL)
		return;
	host += host[1] == '[' ? 2 : 1;
	len = strcspn(host, "]");
	if (len >= sizeof(copy)) {
		complain(c, "socket: the host's name is too long");
		return;
	}
	memcpy(copy, host, len);
	copy[len] = '\0';
	memset(&hints, 0, sizeof(hints));
	hints.ai_family = strncmp(spec, "inet6:", 6) == 0 ? AF_INET6 : AF_INET;
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_PASSIVE;
	if ((rc = getaddrinfo(copy, NULL, &hints, &found)) != 0)
		complain(c, "socket: %s: %s; want an address of this machine, such as %s", copy, gai_strerror(rc),
		    hints.ai_family == AF_INET6 ? "inet6:8891@::1" : "inet:8891@127.0.0.1");
	if (found != NULL)
		freeaddrinfo(found);
}

static void
check_pid_file(struct checking *c)
{
	char	err[512];

	if (check_parent(c, "pid_file", c->conf->parent.pid_file, &c->self) == 0 &&
	    pidfile_check(c->conf->parent.pid_file, err, sizeof(err)) == -1)
		complain(c, "%s", err);
}

static void
check_sockets(struct checking *c)
{
	const char	*spec = c->conf->start.socket;

	group_find(c, "socket_group", c->conf->start.socket_group, &c->front);
	group_find(c, "control_group", c->conf->parent.control_group, NULL);
	if (strncmp(spec, "unix:", 5) == 0)
		check_unix(c, "socket", spec + 5, &c->front);
	else
		check_inet(c, spec);
	check_unix(c, "control_socket", c->conf->parent.control_socket, &c->self);
	if (c->conf->parent.pid_file != NULL)
		check_pid_file(c);
}

/* ---- the scanner ---- */

/* File types that hold signatures; lists of exceptions and of formats do not count. */
static const char *const signature_files[] = {
	"cvd", "cld", "cud", "db", "hdb", "hdu", "mdb", "mdu", "hsb", "hsu", "msb", "msu", "ndb", "ndu", "ldb", "ldu",
	"sdb", "zmd", "rmd", "pdb", "cbc", "cdb", "idb", "ioc", "yar", "yara"
};

static int
signature_file(const char *name)
{
	const char	*dot = strrchr(name, '.');
	size_t		 i;

	for (i = 0; dot != NULL && i < sizeof(signature_files) / sizeof(signature_files[0]); i++)
		if (strcasecmp(dot + 1, signature_files[i]) == 0)
			return 1;
	return 0;
}

static void
check_database(struct checking *c)
{
	const char	*path = c->conf->scan->database;
	struct dirent	*entry;
	char		 file[PATH_MAX];
	DIR		*dir;
	int		 found = 0, readable = 0;

	if (path == NULL || check_directory(c, "clamav.DatabaseDirectory", path, &c->scan, R_OK | X_OK) == -1)
		return;
	if ((dir = opendir(path)) == NULL) {
		if (hidden(&c->scan))
			return;
		complain(c, "clamav.DatabaseDirectory: %s: %s", path, strerror(errno));
		return;
	}
	while (!readable && (entry = readdir(dir)) != NULL) {
		if (!signature_file(entry->d_name))
			continue;
		found = 1;
		if ((size_t)snprintf(file, sizeof(file), "%s/%s", path, entry->d_name) < sizeof(file))
			readable = may(&c->scan, file, R_OK) == 0;
	}
	closedir(dir);
	if (!found)
		complain(c, "clamav.DatabaseDirectory: %s holds no signatures (.cvd, .cld, .ndb, .hdb, ...); "
		    "freshclam fetches them", path);
	else if (!readable)
		complain(c, "clamav.DatabaseDirectory: %s cannot read the signatures in %s", who_str(&c->scan), path);
}

static void
check_extra_databases(struct checking *c)
{
	const char	*p = c->conf->scan->extra_databases;
	char		 dir[PATH_MAX];
	size_t		 len;

	for (; p != NULL && *p != '\0'; p += len + (p[len] == ',')) {
		len = strcspn(p, ",");
		if ((size_t)snprintf(dir, sizeof(dir), "%.*s", (int)len, p) < sizeof(dir))
			check_directory(c, "clamav.ExtraDatabases", dir, &c->scan, R_OK | X_OK);
	}
}

static void
check_scanner(struct checking *c)
{
	const struct parent_settings	*parent = &c->conf->parent;
	struct stat			 st;

	if (stat(parent->scanner_path, &st) == -1)
		complain(c, "scanner.path: %s: %s", parent->scanner_path, strerror(errno));
	else if (!S_ISREG(st.st_mode) || may(&c->scan, parent->scanner_path, X_OK) == -1)
		complain(c, "scanner.path: %s cannot run %s", who_str(&c->scan), parent->scanner_path);
	/* Made at the start if it is missing, so then its own parent counts. */
	if (stat(parent->scratch, &st) == -1 && errno == ENOENT)
		check_parent(c, "scanner.scratch", parent->scratch, &c->self);
	else
		check_directory(c, "scanner.scratch", parent->scratch, &c->self, W_OK | X_OK);
	if (c->front.known && c->scan.known && c->front.uid == c->scan.uid && c->scan.uid != 0)
		complain(c, "scanner.user: is the same as user: want another one, which can touch neither records nor keys");
}

/* ---- records ---- */

static void
check_records(struct checking *c)
{
	const struct front_start	*start = &c->conf->start;
	struct stat			 st;

	check_directory(c, "records.directory", start->ledger.directory, &c->front, W_OK | X_OK);
	if (start->retain.group != NULL && strspn(start->retain.group, "0123456789") != strlen(start->retain.group) &&
	    getgrnam(start->retain.group) == NULL)
		complain(c, "records.group: no group %s", start->retain.group);
	if (start->retain.keep_ms > 0 && c->conf->front != NULL && c->conf->front->privacy == PRIVACY_PSEUDONYM &&
	    start->retain.keep_ms < pseudonym_period_ms(start->pseudonyms.period))
		complain(c, "records.key_period: is longer than records.keep: the key of a pseudonym must not outlive its records; "
		    "want a shorter period");
	if (start->old_key != NULL)
		buf_addf(&c->notes, "note: records.key_file: keys are in records.keys now, one for each period; %s is not read, "
		    "and as long as it is there older pseudonyms can be undone\n", start->old_key);
	if (c->conf->front == NULL || c->conf->front->privacy != PRIVACY_PSEUDONYM)
		return;
	if (stat(start->pseudonyms.directory, &st) == -1 && errno == ENOENT)
		check_parent(c, "records.keys", start->pseudonyms.directory, &c->front);
	else if (check_directory(c, "records.keys", start->pseudonyms.directory, &c->front, R_OK | W_OK | X_OK) == 0 &&
	    stat(start->pseudonyms.directory, &st) == 0 && (st.st_mode & 0077) != 0)
		complain(c, "records.keys: %s has mode %04o, want 0700: who reads the keys reads through pseudonyms",
		    start->pseudonyms.directory, (unsigned int)(st.st_mode & 07777));
}

static void
check_seal(struct checking *c)
{
	const struct ledger_settings	*ledger = &c->conf->start.ledger;
	struct stat			 st;

	if (!ledger->sealed)
		return;
	if (stat(ledger->seal_directory, &st) == -1 && errno == ENOENT)
		check_parent(c, "seal.directory", ledger->seal_directory, &c->front);
	else if (check_directory(c, "seal.directory", ledger->seal_directory, &c->front, R_OK | W_OK | X_OK) == 0 &&
	    stat(ledger->seal_directory, &st) == 0 && (st.st_mode & 0077) != 0)
		complain(c, "seal.directory: %s has mode %04o, want 0700: who reads the keys can sign other records",
		    ledger->seal_directory, (unsigned int)(st.st_mode & 07777));
}

/* ---- the downgrade alarm ---- */

/* Where nobody can be confirmed nothing is ever written. */
static void
check_peers(struct checking *c)
{
	const struct front_settings	*front = c->conf->front;
	const char			*file = c->conf->start.peers.file;
	struct stat			 st;

	if (front == NULL || !front->downgrade_alarm || file == NULL || file[0] == '\0' ||
	    (front->policy.partners.count == 0 &&
	    (front->policy.trusted_authserv_ids == NULL || front->policy.trusted_authserv_ids[0] == NULL)))
		return;
	/* Each writing makes a new one. */
	check_parent(c, "downgrade.file", file, &c->front);
	/* It is set aside at the start: an alarm is no reason to have no filter. */
	if (stat(file, &st) == 0 && may(&c->front, file, R_OK) == -1)
		buf_addf(&c->notes, "note: downgrade.file: %s cannot read %s: %s; the start sets it aside, and the habits of all "
		    "peers are lost\n", who_str(&c->front), file, strerror(errno));
}

/* ---- exceptions ---- */

/* The default's directory need not be there where all else is kept elsewhere: an update stops no daemon for it. */
static void
check_exceptions(struct checking *c)
{
	const char	*file = c->conf->parent.exceptions_file;
	char		 copy[PATH_MAX];
	struct stat	 st;

	if (file == NULL)
		return;
	snprintf(copy, sizeof(copy), "%s", file);
	if (strcmp(file, conf_key_find("exceptions.file")->def) == 0 && stat(dirname(copy), &st) == -1 && errno == ENOENT)
		return;
	check_parent(c, "exceptions.file", file, &c->self);
}

/* ---- the profile ---- */

/* It was read by us; at a reload the front reads it, as its own user. */
static void
check_profile(struct checking *c)
{
	const struct front_settings	*front = c->conf->front;
	char				 path[PATH_MAX];
	int				 named;

	if (front == NULL || front->profile == NULL)
		return;
	named = strchr(front->profile_name, '/') != NULL;
	if ((size_t)snprintf(path, sizeof(path), "%s%s%s%s", named ? "" : front->profiles, named ? "" : "/",
	    front->profile_name, named ? "" : ".conf") >= sizeof(path))
		complain(c, "profile: %s", strerror(ENAMETOOLONG));
	else if (may(&c->front, path, R_OK) == -1)
		complain(c, "profile: %s cannot read %s: %s", who_str(&c->front), path, strerror(errno));
}

int
conf_check(const struct conf *conf, struct buf *errs)
{
	struct checking	 c;

	memset(&c, 0, sizeof(c));
	c.conf = conf;
	c.errs = errs;
	buf_init(&c.notes, NOTES_MAX);
	who_find(&c, "user", conf->parent.user, &c.front);
	who_find(&c, "scanner.user", conf->parent.scan_user, &c.scan);
	check_sockets(&c);
	check_scanner(&c);
	check_extra_databases(&c);
	check_records(&c);
	check_seal(&c);
	check_peers(&c);
	check_exceptions(&c);
	check_profile(&c);
	if (conf_doubts(conf, errs, &c.notes) == -1)
		c.failed = 1;
	if (!c.failed && c.notes.len > 0)
		buf_add(errs, c.notes.data, c.notes.len);
	buf_free(&c.notes);
	return c.failed ? -1 : 0;
}

int
conf_check_database(const struct conf *conf, struct buf *errs)
{
	struct checking	 c;
	struct buf	 told;

	memset(&c, 0, sizeof(c));
	c.conf = conf;
	/* A user that does not exist is conf_check()'s to tell. */
	buf_init(&told, 0);
	c.errs = &told;
	who_find(&c, "scanner.user", conf->parent.scan_user, &c.scan);
	buf_free(&told);
	c.errs = errs;
	c.failed = 0;
	check_database(&c);
	return c.failed ? -1 : 0;
}
