/* SPDX-License-Identifier: ISC */
/* A message in a file, as if it had come: reading it, the scanner to give it to, what options say of its connection. */
/*
 * What the commands that look at messages share.  Owns nothing.  It does not
 * start a scanner (runner.c) and knows nothing of what is in a message.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/cidr.h"
#include "ctl/message.h"

#define CHUNK		(256u * 1024)

/* ---- files ---- */

static int
write_whole(int to, const char *p, size_t len)
{
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = write(to, p, len)) == -1) {
			if (errno != EINTR)
				return -1;
			n = 0;
		}
	return 0;
}

/* Copies at most max octets; what is beyond is not read.  0; 1: there is more; -1, with EINTR to stop. */
static int
copy_file(struct runner *runner, int from, int to, uint64_t max, uint64_t *size)
{
	char *chunk = malloc(CHUNK);
	ssize_t n;
	int rc = chunk == NULL ? -1 : 0;

	for (*size = 0; rc == 0;) {
		if (runner_wait_input(runner, from) != 0) {
			errno = EINTR;
			rc = -1;
			break;
		}
		if ((n = read(from, chunk, CHUNK)) == -1 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0) {
			rc = n == 0 ? 0 : -1;
			break;
		}
		if ((uint64_t)n > max - *size) {
			n = (ssize_t)(max - *size);
			rc = 1;
		}
		if (write_whole(to, chunk, (size_t)n) == -1)
			rc = -1;
		*size += (uint64_t)n;
	}
	free(chunk);
	return rc;
}

/* Signals are blocked: open() must not wait for a FIFO's writer, poll() does.  Standard input's mode is others' too. */
static int
item_open(const struct mailbox_item *it)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	struct stat st;
	int fd;

	if (strcmp(it->file, "-") == 0 && !it->found)
		return dup(STDIN_FILENO);
	if ((fd = open(it->file, it->found ? flags | O_NOFOLLOW : flags)) == -1)
		return -1;
	/* It may be another one by now than was found. */
	if ((it->found && (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))) ||
	    (it->from > 0 && lseek(fd, (off_t)it->from, SEEK_SET) == -1)) {
		close(fd);
		errno = ESTALE;
		return -1;
	}
	return fd;
}

int
message_load(struct runner *runner, struct task *t, const char *file, const char *prefix, uint64_t max,
    enum message_read how, uint64_t *size)
{
	const struct mailbox_item it = { .file = (char *)(uintptr_t)file, .len = MAILBOX_WHOLE };	/* only read */

	return message_load_item(runner, t, &it, prefix, max, how, size);
}

int
message_load_item(struct runner *runner, struct task *t, const struct mailbox_item *it, const char *prefix, uint64_t max,
    enum message_read how, uint64_t *size)
{
	const int piece = it->len != MAILBOX_WHOLE;
	struct stat st;
	uint64_t copied = 0;
	int from, rc = -1, saved;

	memset(t, 0, sizeof(*t));
	t->fd = t->reply = -1;
	*size = 0;
	if ((from = item_open(it)) == -1)
		goto out;
	if (piece)
		*size = it->len;
	else if (fstat(from, &st) == 0 && S_ISREG(st.st_mode))
		*size = (uint64_t)st.st_size;	/* told even where it is too large to be read */
	t->fd = memfd_create("hopward-message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	t->prefix_len = (uint32_t)strlen(prefix);
	if (t->fd == -1 || write_whole(t->fd, prefix, t->prefix_len) == -1)
		goto out;
	if ((rc = copy_file(runner, from, t->fd, piece && it->len < max ? it->len : max, &copied)) == -1)
		goto out;
	if (piece && it->len <= max)
		rc = 0;		/* what is behind it is the next message's */
	if (rc == 0 || copied > *size)
		*size = rc == 0 ? copied : copied + 1;
	t->size = copied + t->prefix_len;
	if (rc == 0 || how == MESSAGE_BEGINNING)
		fcntl(t->fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
out:
	saved = errno != 0 ? errno : EIO;
	if (t->fd != -1 && (rc == -1 || (rc == 1 && how == MESSAGE_WHOLE))) {
		close(t->fd);
		t->fd = -1;
	}
	if (from != -1)
		close(from);
	errno = saved;
	return rc;
}

/* ---- the scanner ---- */

/* hopward-scan beside this program, where the configured one is not installed (a build directory). */
static int
scanner_find(struct conf *conf)
{
	char self[PATH_MAX], *path;
	ssize_t n;

	if (access(conf->parent.scanner_path, F_OK) == 0)
		return 0;
	if ((n = readlink("/proc/self/exe", self, sizeof(self) - 1)) <= 0)
		return -1;
	self[n] = '\0';
	if (asprintf(&path, "%s/hopward-scan", dirname(self)) == -1)
		return -1;
	if (access(path, X_OK) == -1) {
		free(path);
		return -1;
	}
	free(conf->parent.scanner_path);
	conf->parent.scanner_path = path;
	return 0;
}

/* "name", "name:group", or a number, which need not be in the password file. */
static int
user_exists(const char *spec)
{
	char name[64];

	if (spec[strspn(spec, "0123456789:")] == '\0')
		return 1;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(spec, ":"), spec);
	return getpwnam(name) != NULL;
}

int
message_scanner(const struct ctl *ctl, struct conf *conf)
{
	char *nobody;

	if (scanner_find(conf) == -1) {
		ctl_warn(ctl, "no scanner: neither %s nor a hopward-scan beside this program (scanner.path names another)",
		    conf->parent.scanner_path);
		return EX_UNAVAILABLE;
	}
	/* as root on a machine where the daemon was not installed */
	if (geteuid() == 0 && !user_exists(conf->parent.scan_user)) {
		if ((nobody = strdup("nobody")) == NULL)
			return EX_OSERR;
		free(conf->parent.scan_user);
		conf->parent.scan_user = nobody;
	}
	return 0;
}

void
message_scanner_said(const struct ctl *ctl, const struct runner *runner)
{
	const char *line = runner_said(runner), *end;

	for (; *line != '\0'; line = *end == '\0' ? end : end + 1) {
		end = line + strcspn(line, "\n");
		ctl_warn(ctl, "%.*s", (int)(end - line), line);
	}
}

/* ---- the connection ---- */

int
message_client(const struct ctl *ctl, const struct ctl_command *self, const char *arg, struct message_facts *f, char **copy)
{
	uint8_t addr[16];
	char *comma;

	free(*copy);
	if ((*copy = strdup(arg)) == NULL)
		return EX_OSERR;
	if ((comma = strchr(*copy, ',')) != NULL)
		*comma++ = '\0';
	if (cidr_address(*copy, addr) == -1)
		return ctl_usage(ctl, self, "--client wants IP or IP,NAME, got \"%s\"", arg);
	f->client_ip = *copy;
	f->client_name = comma;
	f->client_resolve = comma != NULL ? "OK" : "FAIL";
	return 0;
}

int
message_tls(const struct ctl *ctl, const struct ctl_command *self, const char *arg, struct tls_facts *tls, char **copy)
{
	char *at, *piece[3] = { NULL, NULL, NULL }, *end;
	int n;

	memset(tls, 0, sizeof(*tls));
	tls->canary_helo = tls->canary_mail = 1;
	if (strcmp(arg, "none") == 0)
		return 0;
	free(*copy);
	if ((at = *copy = strdup(arg)) == NULL)
		return EX_OSERR;
	for (n = 0; at != NULL && n < 3; n++)
		piece[n] = strsep(&at, ",");
	if (n != 3 || at != NULL || *piece[0] == '\0' || *piece[1] == '\0' || !isdigit((unsigned char)*piece[2]) || strtol(piece[2], &end, 10) > RECEIVED_BITS_MAX || *end != '\0')
		return ctl_usage(ctl, self, "--tls wants VERSION,CIPHER,BITS (as TLSv1.3,TLS_AES_256_GCM_SHA384,256) "
		    "or none, got \"%s\"", arg);
	tls->tls_version = piece[0];
	tls->cipher = piece[1];
	tls->cipher_bits = piece[2];
	return 0;
}
