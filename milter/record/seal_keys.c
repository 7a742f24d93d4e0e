/* SPDX-License-Identifier: ISC */
/* The private keys of the seals: files that exist as long as their epoch, and no longer. */
/*
 * Called by the ledger, one thread at a time; the ledger's lock keeps other
 * processes away.  Owns DIRECTORY/STREAM.key (running), .next (the one after,
 * once it may be named) and .first (before "seal-init" is on disk).
 *
 * Every step is durable before the next, and each state between two of them
 * is one that seal_keys_open() and seal_keys_settle() know:
 *
 *   .next written, fsync, directory fsync          .key runs, .next may be kept
 *   (the line that names it is written, synced)    .next runs, says the stream
 *   .key overwritten, fsync                        .next runs, .key is unreadable
 *   .next renamed to .key, directory fsync         .key runs
 *
 * Overwriting reaches the blocks that the file had; a file system that copies on write or
 * keeps data in a journal, a snapshot or a flash disk may still have others.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "record/seal_int.h"

#define KEY_VERSION	1
#define TEXT_MAX	256		/* of a key's file: 2 numbers and 128 digits */
#define NAME_LEN	72		/* stream and ending */

struct key {
	uint64_t	epoch;
	uint8_t		seed[SEAL_KEY_LEN];
	uint8_t		public_key[SEAL_KEY_LEN];
};

struct seal_keys {
	char		*path;		/* for messages */
	int		 dir;
	char		 running[NAME_LEN], coming[NAME_LEN], first_name[NAME_LEN];
	int		 fresh;		/* the running key is in .first */
	int		 have, have_next;
	int		 unsynced;	/* the directory, after a rename */
	uid_t		 uid;		/* the directory's owner, and every key's */
	gid_t		 gid;
	struct key	 key, next;
	uint8_t		 first[SEAL_KEY_LEN];
};

static int trouble(const struct seal_keys *, const char *, const char *, char *, size_t);

static int
trouble(const struct seal_keys *k, const char *name, const char *what, char *err, size_t errlen)
{
	snprintf(err, errlen, "%s%s%s: %s: %s", k->path, *name != '\0' ? "/" : "", name, what, strerror(errno));
	return -1;
}

/* ---- one key ---- */

static int
key_public(struct key *key)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->seed, SEAL_KEY_LEN);
	size_t len = SEAL_KEY_LEN;
	int ok = pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, key->public_key, &len) == 1 && len == SEAL_KEY_LEN;

	EVP_PKEY_free(pkey);
	return ok ? 0 : -1;
}

static int
key_make(struct key *key, uint64_t epoch)
{
	key->epoch = epoch;
	if (RAND_priv_bytes(key->seed, SEAL_KEY_LEN) == 1 && key_public(key) == 0)
		return 0;
	errno = EIO;
	return -1;
}

static void
put_hex(const uint8_t *p, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * len] = '\0';
}

/* "1 EPOCH SEED PUBLIC_1\n" */
static int
key_write(int fd, const struct key *key, const uint8_t first[SEAL_KEY_LEN])
{
	char text[TEXT_MAX], seed[2 * SEAL_KEY_LEN + 1], pub[2 * SEAL_KEY_LEN + 1];
	ssize_t n;
	int len;

	put_hex(key->seed, SEAL_KEY_LEN, seed);
	put_hex(first, SEAL_KEY_LEN, pub);
	len = snprintf(text, sizeof(text), "%d %" PRIu64 " %s %s\n", KEY_VERSION, key->epoch, seed, pub);
	n = write(fd, text, (size_t)len);
	OPENSSL_cleanse(text, sizeof(text));
	OPENSSL_cleanse(seed, sizeof(seed));
	if (n != len) {
		if (n >= 0)
			errno = ENOSPC;
		return -1;
	}
	return 0;
}

static int
key_parse(char *text, struct key *key, uint8_t first[SEAL_KEY_LEN])
{
	char *p = text, *end;

	if (strncmp(p, "1 ", 2) != 0 || p[2] < '1' || p[2] > '9')
		return -1;
	errno = 0;
	key->epoch = strtoull(p + 2, &end, 10);
	if (errno != 0 || *end++ != ' ' || seal_unhex(end, key->seed, SEAL_KEY_LEN) == -1 || end[2 * SEAL_KEY_LEN] != ' ')
		return -1;
	end += 2 * SEAL_KEY_LEN + 1;
	if (seal_unhex(end, first, SEAL_KEY_LEN) == -1 || strcmp(end + 2 * SEAL_KEY_LEN, "\n") != 0)
		return -1;
	return key_public(key);
}

/* ---- files ---- */

/* On disk, with its name, or not there. */
static int
file_store(struct seal_keys *k, const char *name, const struct key *key, char *err, size_t errlen)
{
	int fd, saved;

	if ((fd = openat(k->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400)) == -1)
		return trouble(k, name, "a key cannot be made", err, errlen);
	/* Another thread may have a umask of its own at this moment; what root makes here is for the one who seals every day. */
	if ((geteuid() == 0 && fchown(fd, k->uid, k->gid) == -1) || fchmod(fd, 0400) == -1 ||
	    key_write(fd, key, k->first) == -1 || fsync(fd) == -1 || fsync(k->dir) == -1) {
		saved = errno;
		close(fd);
		unlinkat(k->dir, name, 0);
		errno = saved;
		return trouble(k, name, "a key cannot be written", err, errlen);
	}
	close(fd);
	k->unsynced = 0;
	return 0;
}

/* 1; 0: not there, or no key (half written, or half destroyed); -1 with err. */
static int
file_load(const struct seal_keys *k, const char *name, struct key *key, uint8_t first[SEAL_KEY_LEN], char *err, size_t errlen)
{
	char text[TEXT_MAX];
	struct stat st;
	ssize_t n;
	int fd, rc;

	if ((fd = openat(k->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) == -1)
		return errno == ENOENT ? 0 : trouble(k, name, "cannot be read", err, errlen);
	if (fstat(fd, &st) == -1 || (n = read(fd, text, sizeof(text) - 1)) == -1) {
		rc = trouble(k, name, "cannot be read", err, errlen);
		close(fd);
		return rc;
	}
	close(fd);
	text[n] = '\0';
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0) {
		snprintf(err, errlen, "%s/%s: others than its owner may open it: want mode 0400", k->path, name);
		rc = -1;
	} else
		rc = key_parse(text, key, first) == 0;
	OPENSSL_cleanse(text, sizeof(text));
	return rc;
}

/* Its octets are no longer what they were.  0; 1: it is not there; -1 with err. */
static int
file_overwrite(struct seal_keys *k, const char *name, char *err, size_t errlen)
{
	unsigned char noise[TEXT_MAX];
	int fd, ok;

	if (fchmodat(k->dir, name, 0600, 0) == -1)
		return errno == ENOENT ? 1 : trouble(k, name, "cannot be destroyed", err, errlen);
	if ((fd = openat(k->dir, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return trouble(k, name, "cannot be destroyed", err, errlen);
	ok = RAND_bytes(noise, sizeof(noise)) == 1;
	noise[0] = 0;		/* chance must not make it a key */
	ok = ok && write(fd, noise, sizeof(noise)) == (ssize_t)sizeof(noise) && fsync(fd) == 0;
	if (!ok)
		trouble(k, name, "cannot be destroyed", err, errlen);
	close(fd);
	return ok ? 0 : -1;
}

static int
file_destroy(struct seal_keys *k, const char *name, char *err, size_t errlen)
{
	int rc = file_overwrite(k, name, err, errlen);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	if (unlinkat(k->dir, name, 0) == -1 && errno != ENOENT)
		return trouble(k, name, "cannot be removed", err, errlen);
	if (fsync(k->dir) == -1)
		return trouble(k, "", "fsync", err, errlen);
	return 0;
}

/* ---- opening ---- */

static int
directory_open(struct seal_keys *k, int make, char *err, size_t errlen)
{
	struct stat st;
	int made = make && mkdir(k->path, 0700) == 0;

	if (make && !made && errno != EEXIST)
		return trouble(k, "", "a directory for the keys of seals cannot be made", err, errlen);
	if ((k->dir = open(k->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return errno == ENOENT && !make ? 0 : trouble(k, "", "keys of seals", err, errlen);
	/* Root's making it must not keep the daemon out. */
	if ((made && geteuid() == 0 && (fstatat(k->dir, "..", &st, 0) == -1 || fchown(k->dir, st.st_uid, st.st_gid) == -1)) ||
	    fstat(k->dir, &st) == -1)
		return trouble(k, "", "keys of seals", err, errlen);
	/* Under a strange umask. */
	if (make && st.st_uid == geteuid() && (st.st_mode & 0700) != 0700 && fchmod(k->dir, 0700) == -1)
		return trouble(k, "", "chmod", err, errlen);
	k->uid = st.st_uid;
	k->gid = st.st_gid;
	if (st.st_uid != geteuid() && geteuid() != 0 && make) {
		snprintf(err, errlen, "%s: belongs to uid %lu, want uid %lu, which seals", k->path, (unsigned long)st.st_uid,
		    (unsigned long)geteuid());
		return -1;
	}
	if ((st.st_mode & 077) != 0) {
		snprintf(err, errlen, "%s: others than its owner may enter it: want mode 0700", k->path);
		return -1;
	}
	return 0;
}

static struct seal_keys *
keys_new(const char *directory, const char *stream)
{
	struct seal_keys *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->dir = -1;
	snprintf(k->running, sizeof(k->running), "%s.key", stream);
	snprintf(k->coming, sizeof(k->coming), "%s.next", stream);
	snprintf(k->first_name, sizeof(k->first_name), "%s.first", stream);
	if ((k->path = strdup(directory)) == NULL) {
		free(k);
		return NULL;
	}
	return k;
}

static int
fresh_make(struct seal_keys *k, char *err, size_t errlen)
{
	/* Half a first key has never been named by a line. */
	if (file_destroy(k, k->first_name, err, errlen) == -1)
		return -1;
	if (key_make(&k->key, 1) == -1)
		return trouble(k, "", "random octets", err, errlen);
	memcpy(k->first, k->key.public_key, SEAL_KEY_LEN);
	if (file_store(k, k->first_name, &k->key, err, errlen) == -1)
		return -1;
	k->have = k->fresh = 1;
	return 0;
}

static int
keys_load(struct seal_keys *k, char *err, size_t errlen)
{
	uint8_t first[SEAL_KEY_LEN];

	if ((k->have = file_load(k, k->running, &k->key, k->first, err, errlen)) == -1 ||
	    (k->have_next = file_load(k, k->coming, &k->next, first, err, errlen)) == -1)
		return -1;
	if (k->have && k->have_next && (k->next.epoch != k->key.epoch + 1 || memcmp(first, k->first, sizeof(first)) != 0))
		k->have_next = 0;
	if (k->have_next)
		memcpy(k->first, first, sizeof(first));
	if (!k->have && !k->have_next) {
		if ((k->have = file_load(k, k->first_name, &k->key, k->first, err, errlen)) == -1)
			return -1;
		k->fresh = k->have;
	}
	return 0;
}

int
seal_keys_open(const char *directory, const char *stream, struct seal_keys **out, char *err, size_t errlen)
{
	struct seal_keys *k = keys_new(directory, stream);

	*out = NULL;
	if (k == NULL) {
		snprintf(err, errlen, "keys of seals: no memory");
		return -1;
	}
	if (directory_open(k, 1, err, errlen) == -1 || keys_load(k, err, errlen) == -1 ||
	    (!k->have && !k->have_next && fresh_make(k, err, errlen) == -1)) {
		seal_keys_free(k);
		return -1;
	}
	*out = k;
	return 0;
}

int
seal_keys_peek(const char *directory, const char *stream, uint8_t public_1[SEAL_KEY_LEN], uint64_t *epoch, char *err, size_t errlen)
{
	struct seal_keys *k = keys_new(directory, stream);
	int rc = -1;

	if (k == NULL)
		snprintf(err, errlen, "keys of seals: no memory");
	else if (directory_open(k, 0, err, errlen) == 0 && (k->dir == -1 || keys_load(k, err, errlen) == 0)) {
		rc = k->have || k->have_next;
		memcpy(public_1, k->first, SEAL_KEY_LEN);
		*epoch = k->have ? k->key.epoch : k->next.epoch;
	}
	seal_keys_free(k);
	return rc;
}

void
seal_keys_free(struct seal_keys *k)
{
	if (k == NULL)
		return;
	if (k->dir != -1)
		close(k->dir);
	free(k->path);
	OPENSSL_cleanse(k, sizeof(*k));
	free(k);
}

const uint8_t *
seal_keys_first(const struct seal_keys *k)
{
	return k->first;
}

uint64_t
seal_keys_epoch(const struct seal_keys *k)
{
	return k->have ? k->key.epoch : k->next.epoch;
}

int
seal_keys_fresh(const struct seal_keys *k)
{
	return k->fresh;
}

/* ---- from one to the next ---- */

int
seal_keys_begin(struct seal_keys *k, char *err, size_t errlen)
{
	if (!k->fresh)
		return 0;
	if (file_overwrite(k, k->running, err, errlen) == -1)
		return -1;
	if (renameat(k->dir, k->first_name, k->dir, k->running) == -1)
		return trouble(k, k->first_name, "rename", err, errlen);
	k->fresh = 0;
	k->unsynced = fsync(k->dir) == -1;
	return k->unsynced ? trouble(k, "", "fsync", err, errlen) : 0;
}

int
seal_keys_settle(struct seal_keys *k, uint64_t epoch, const uint8_t public_key[SEAL_KEY_LEN], char *err, size_t errlen)
{
	if (k->have && k->key.epoch == epoch)
		return memcmp(k->key.public_key, public_key, SEAL_KEY_LEN) == 0;
	if (!k->have_next || k->next.epoch != epoch || memcmp(k->next.public_key, public_key, SEAL_KEY_LEN) != 0)
		return 0;
	return seal_keys_advance(k, err, errlen) == 0 ? 1 : -1;
}

int
seal_keys_renew(struct seal_keys *k, char *err, size_t errlen)
{
	if (file_destroy(k, k->running, err, errlen) == -1 || file_destroy(k, k->coming, err, errlen) == -1)
		return -1;
	k->have = k->have_next = k->fresh = 0;
	OPENSSL_cleanse(&k->key, sizeof(k->key));
	OPENSSL_cleanse(&k->next, sizeof(k->next));
	return fresh_make(k, err, errlen);
}

int
seal_keys_prepare(struct seal_keys *k, char *err, size_t errlen)
{
	if (k->have_next)
		return 0;
	/* What lies there was never named, or it would have been taken. */
	if (seal_keys_begin(k, err, errlen) == -1 || file_destroy(k, k->coming, err, errlen) == -1)
		return -1;
	if (key_make(&k->next, k->key.epoch + 1) == -1)
		return trouble(k, "", "random octets", err, errlen);
	if (file_store(k, k->coming, &k->next, err, errlen) == -1) {
		OPENSSL_cleanse(&k->next, sizeof(k->next));
		return -1;
	}
	k->have_next = 1;
	return 0;
}

int
seal_keys_sign(struct seal_keys *k, const char *stream, const char *gateway, uint64_t seq, uint64_t time_ms,
    uint64_t lines, const struct seal_chain *chain, struct buf *out, char *err, size_t errlen)
{
	struct seal s = { .epoch = k->key.epoch, .seq = seq, .time_ms = time_ms, .lines = lines };

	if (!k->have) {
		snprintf(err, errlen, "%s/%s: the key of the running epoch is not there", k->path, k->running);
		return -1;
	}
	if (seal_keys_prepare(k, err, errlen) == -1)
		return -1;
	memcpy(s.chain, chain->value, SEAL_CHAIN_LEN);
	memcpy(s.next, k->next.public_key, SEAL_KEY_LEN);
	if (seal_sign(&s, stream, k->key.seed) == -1 || seal_body(&s, gateway, out) == -1) {
		snprintf(err, errlen, "epoch %" PRIu64 " cannot be signed", s.epoch);
		return -1;
	}
	return 0;
}

int
seal_keys_advance(struct seal_keys *k, char *err, size_t errlen)
{
	if (k->have_next) {
		if (file_overwrite(k, k->running, err, errlen) == -1)
			return -1;
		/* Also what unlinks the old one. */
		if (renameat(k->dir, k->coming, k->dir, k->running) == -1)
			return trouble(k, k->coming, "rename", err, errlen);
		k->key = k->next;
		k->have = 1;
		k->have_next = 0;
		OPENSSL_cleanse(&k->next, sizeof(k->next));
		k->unsynced = 1;
	}
	if (k->unsynced && fsync(k->dir) == -1)
		return trouble(k, "", "fsync", err, errlen);
	k->unsynced = 0;
	return 0;
}
