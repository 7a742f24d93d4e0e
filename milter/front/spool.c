/* SPDX-License-Identifier: ISC */
/* Collects one message in a memfd, within the caps, and seals it for the scanner. */

/*
 * Called by the one libmilter thread that has the connection; the budget is
 * shared by all threads.  Owns the memfd.  Writes are large: header fields and
 * short bodies wait in a buffer.  It does not read what it spools, except for
 * the digest of a message that crashed a worker.
 */

#include <sys/mman.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/log.h"
#include "front/spool.h"

#define SPOOL_BUFFER	(128 * 1024)	/* two body chunks of the milter protocol */
#define SPOOL_IDENT_MAX	(64 * 1024)	/* author's fields that enter the digest; what is beyond does not */

struct spool {
	struct spool_budget	*budget;
	uint64_t		 message_max, total_max;
	enum spool_status	 status;
	int			 fd;
	int			 sealed;
	uint64_t		 octets;	/* given to the memfd or the buffer */
	uint64_t		 written;
	uint64_t		 size, body_size;
	uint64_t		 body_start;
	uint32_t		 prefix;
	struct buf		 out;
	struct buf		 ident;
};

static void
budget_add(struct spool_budget *b, uint64_t n)
{
	uint64_t used = atomic_fetch_add(&b->used, n) + n;

	if (b->shown != NULL)
		atomic_store(b->shown, used);
}

static void
budget_sub(struct spool_budget *b, uint64_t n)
{
	uint64_t used = atomic_fetch_sub(&b->used, n) - n;

	if (b->shown != NULL)
		atomic_store(b->shown, used);
}

/* Lets go of all memory at once: what passed a cap will not be scanned. */
static void
spool_give_up(struct spool *sp, enum spool_status why)
{
	sp->status = why;
	if (sp->fd != -1)
		close(sp->fd);
	sp->fd = -1;
	buf_free(&sp->out);
	budget_sub(sp->budget, sp->octets);
	sp->octets = 0;
}

/* Writes the buffer and then data; both may be empty. */
static int
spool_write(struct spool *sp, const void *data, size_t len)
{
	struct iovec iov[2];
	ssize_t n;
	size_t first;

	iov[0].iov_base = sp->out.data;
	iov[0].iov_len = sp->out.len;
	memcpy(&iov[1].iov_base, &data, sizeof(data));	/* iovec is not const */
	iov[1].iov_len = len;
	while (iov[0].iov_len + iov[1].iov_len > 0) {
		n = pwritev(sp->fd, iov, 2, (off_t)sp->written);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		sp->written += (uint64_t)n;
		first = (size_t)n < iov[0].iov_len ? (size_t)n : iov[0].iov_len;
		iov[0].iov_base = (char *)iov[0].iov_base + first;
		iov[0].iov_len -= first;
		iov[1].iov_base = (char *)iov[1].iov_base + ((size_t)n - first);
		iov[1].iov_len -= (size_t)n - first;
	}
	buf_reset(&sp->out);
	return 0;
}

static void
spool_add(struct spool *sp, const void *data, size_t len)
{
	if (sp->status != SPOOL_OK || len == 0)
		return;
	if (sp->octets - sp->prefix + len > sp->message_max) {
		spool_give_up(sp, SPOOL_LIMIT);
		return;
	}
	budget_add(sp->budget, len);
	sp->octets += len;
	if (atomic_load(&sp->budget->used) > sp->total_max) {
		spool_give_up(sp, SPOOL_TOTAL);
		return;
	}
	if (sp->out.len + len <= SPOOL_BUFFER) {
		if (buf_add(&sp->out, data, len) == 0)
			return;
	} else if (spool_write(sp, data, len) == 0)
		return;
	log_warn("spool: %s", strerror(errno));
	spool_give_up(sp, SPOOL_FAILED);
}

struct spool *
spool_new(struct spool_budget *budget, uint64_t message_max, uint64_t total_max,
    const char *prefix)
{
	struct spool *sp;

	if ((sp = calloc(1, sizeof(*sp))) == NULL)
		return NULL;
	sp->budget = budget;
	sp->message_max = message_max;
	sp->total_max = total_max;
	buf_init(&sp->out, SPOOL_BUFFER);
	buf_init(&sp->ident, SPOOL_IDENT_MAX);
	sp->fd = memfd_create("hopward-message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (sp->fd == -1) {
		log_warn("spool: memfd_create: %s", strerror(errno));
		sp->status = SPOOL_FAILED;
	}
	sp->prefix = (uint32_t)strlen(prefix);
	/* The prefix is no part of the message: it counts for the budget, not for the cap. */
	if (sp->status == SPOOL_OK) {
		sp->octets = sp->prefix;
		budget_add(budget, sp->prefix);
		if (buf_add(&sp->out, prefix, sp->prefix) == -1)
			spool_give_up(sp, SPOOL_FAILED);
	}
	return sp;
}

void
spool_free(struct spool *sp)
{
	if (sp == NULL)
		return;
	if (sp->fd != -1)
		close(sp->fd);
	budget_sub(sp->budget, sp->octets);
	buf_free(&sp->out);
	buf_free(&sp->ident);
	free(sp);
}

/* Fields that an author's program writes once and no relay touches. */
static int
is_authors(const char *name)
{
	static const char *const names[] = {
		"From", "To", "Cc", "Date", "Subject", "Message-ID", "MIME-Version"
	};
	size_t i;

	if (strncasecmp(name, "Content-", 8) == 0)
		return 1;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(name, names[i]) == 0)
			return 1;
	return 0;
}

static void
spool_add_counted(struct spool *sp, const void *data, size_t len)
{
	sp->size += len;
	spool_add(sp, data, len);
}

void
spool_header(struct spool *sp, const char *name, const char *value, int leadspc)
{
	const char *p, *lf;
	int authors = is_authors(name);

	spool_add_counted(sp, name, strlen(name));
	spool_add_counted(sp, ": ", leadspc ? 1 : 2);
	/* libmilter gives folds as LF (Sendmail, Postfix); a CRLF would stay one. */
	for (p = value; (lf = strchr(p, '\n')) != NULL; p = lf + 1) {
		size_t n = (size_t)(lf - p);

		if (n > 0 && p[n - 1] == '\r')
			n--;
		spool_add_counted(sp, p, n);
		spool_add_counted(sp, "\r\n", 2);
	}
	spool_add_counted(sp, p, strlen(p));
	spool_add_counted(sp, "\r\n", 2);
	if (authors) {
		/* White space around the value is the MTA's to change. */
		while (*value == ' ' || *value == '\t')
			value++;
		buf_addz(&sp->ident, name);
		buf_addc(&sp->ident, ':');
		buf_addz(&sp->ident, value);
		buf_addc(&sp->ident, '\n');
	}
}

void
spool_eoh(struct spool *sp)
{
	spool_add_counted(sp, "\r\n", 2);
	sp->body_start = sp->octets;
}

void
spool_body(struct spool *sp, const void *data, size_t len)
{
	sp->body_size += len;
	spool_add_counted(sp, data, len);
}

enum spool_status
spool_seal(struct spool *sp)
{
	if (sp->sealed || sp->status != SPOOL_OK)
		return sp->status;
	if (spool_write(sp, NULL, 0) == -1 || fcntl(sp->fd, F_ADD_SEALS,
	    F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == -1) {
		log_warn("spool: %s", strerror(errno));
		spool_give_up(sp, SPOOL_FAILED);
		return sp->status;
	}
	buf_free(&sp->out);
	sp->sealed = 1;
	return SPOOL_OK;
}

enum spool_status
spool_status(const struct spool *sp)
{
	return sp->status;
}

int
spool_fd(const struct spool *sp)
{
	return sp->sealed ? sp->fd : -1;
}

uint64_t
spool_octets(const struct spool *sp)
{
	return sp->octets;
}

uint32_t
spool_prefix(const struct spool *sp)
{
	return sp->prefix;
}

uint64_t
spool_size(const struct spool *sp)
{
	return sp->size;
}

uint64_t
spool_body_size(const struct spool *sp)
{
	return sp->body_size;
}

int
spool_digest(const struct spool *sp, uint8_t out[32])
{
	EVP_MD_CTX *ctx = NULL;
	void *map = MAP_FAILED;
	size_t len = (size_t)sp->octets;
	int rv = -1;

	if (!sp->sealed || len == 0 || sp->body_start > len)
		return -1;
	map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, sp->fd, 0);
	if (map == MAP_FAILED || (ctx = EVP_MD_CTX_new()) == NULL)
		goto out;
	if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, sp->ident.data, sp->ident.len) != 1 ||
	    EVP_DigestUpdate(ctx, (const char *)map + sp->body_start,
	    len - sp->body_start) != 1 ||
	    EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		goto out;
	rv = 0;
out:
	EVP_MD_CTX_free(ctx);
	if (map != MAP_FAILED)
		munmap(map, len);
	return rv;
}
