/* SPDX-License-Identifier: ISC */
/* What of a person is kept: pseudonyms for local parts, shortened addresses, and the key that pseudonyms hang on. */
/*
 * Called by record.c and by hopwardctl; safe for threads, since nothing changes
 * once opened.  Owns the key, and wipes it.  A plain digest of an address could
 * be guessed, hence the key; a purpose goes in, so that a person's pseudonyms
 * as sender and as recipient cannot be linked without it.
 * It does not change keys with time, and folds case for ASCII alone.
 */
#include <sys/stat.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/cidr.h"
#include "record/privacy.h"

#define KEY_LEN		32	/* of HMAC-SHA256: more adds nothing (RFC 2104 section 3) */
#define PSEUDONYM_LEN	16	/* octets kept of the HMAC: 128 bits do not collide by chance */
#define ADDRESS_MAX	2048	/* octets that go into a pseudonym or are kept; RFC 5321 allows 254 */

struct privacy {
	enum privacy_level	level;
	unsigned char		key[KEY_LEN];
};

static const char *const level_names[] = {
	[PRIVACY_MINIMAL] = "minimal",
	[PRIVACY_PSEUDONYM] = "pseudonym",
	[PRIVACY_FULL] = "full",
};
#define LEVELS (sizeof(level_names) / sizeof(level_names[0]))

const char *
privacy_level_str(enum privacy_level level)
{
	return (size_t)level < LEVELS ? level_names[level] : "unknown";
}

int
privacy_level_parse(const char *s, enum privacy_level *level)
{
	size_t i;

	for (i = 0; s != NULL && i < LEVELS; i++)
		if (strcmp(s, level_names[i]) == 0) {
			*level = (enum privacy_level)i;
			return 0;
		}
	return -1;
}

/* ---- the key file ---- */

static int
write_all(int fd, const unsigned char *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		if ((n = write(fd, p, len)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The name is durable only with its directory. */
static void
sync_directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
	int fd = dir == NULL ? -1 : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1) {
		(void)fsync(fd);
		close(fd);
	}
	free(dir);
}

/*
 * Made under another name and linked, so that nobody ever reads half a key, and
 * of two who make one at the same time both use the first.
 */
static int
key_make(const char *path)
{
	unsigned char key[KEY_LEN];
	char *tmp = NULL;
	int fd = -1, rc = -1;

	if (asprintf(&tmp, "%s.XXXXXX", path) == -1)
		return -1;
	if ((fd = mkostemp(tmp, O_CLOEXEC)) == -1)
		goto out;
	if (RAND_bytes(key, sizeof(key)) != 1) {
		errno = EIO;
		goto out;
	}
	if (write_all(fd, key, sizeof(key)) == -1 || fchmod(fd, 0400) == -1 || fsync(fd) == -1)
		goto out;
	if (link(tmp, path) == -1 && errno != EEXIST)
		goto out;
	sync_directory_of(path);
	rc = 0;
out:
	OPENSSL_cleanse(key, sizeof(key));
	if (fd != -1) {
		int saved = errno;

		unlink(tmp);
		close(fd);
		errno = saved;
	}
	free(tmp);
	return rc;
}

/* 0, 1: there is no such file, -1 with err. */
static int
key_read(const char *path, unsigned char key[KEY_LEN], char *err, size_t errlen)
{
	unsigned char buf[KEY_LEN + 1];
	struct stat st;
	ssize_t n = -1;
	int fd, rc = -1;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1) {
		if (errno == ENOENT)
			return 1;
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		snprintf(err, errlen, "%s: not a regular file", path);
	else if ((st.st_mode & 0027) != 0)
		snprintf(err, errlen, "%s: mode is %04o, want 0400: who reads the key reads through pseudonyms", path,
		    (unsigned int)(st.st_mode & 07777));
	else if ((n = read(fd, buf, sizeof(buf))) != KEY_LEN)
		snprintf(err, errlen, "%s: got %s%zd octets, want %d", path, n > KEY_LEN ? "more than " : "",
		    n > KEY_LEN ? (ssize_t)KEY_LEN : n, KEY_LEN);
	else {
		memcpy(key, buf, KEY_LEN);
		rc = 0;
	}
	OPENSSL_cleanse(buf, sizeof(buf));
	close(fd);
	return rc;
}

int
privacy_open(enum privacy_level level, const char *keyfile, struct privacy **out, char *err, size_t errlen)
{
	struct privacy *p;
	int rc;

	*out = NULL;
	if ((p = calloc(1, sizeof(*p))) == NULL) {
		snprintf(err, errlen, "%s", strerror(errno));
		return -1;
	}
	p->level = level;
	if (level == PRIVACY_PSEUDONYM) {
		if (keyfile == NULL || *keyfile == '\0') {
			snprintf(err, errlen, "pseudonyms need a key file");
			goto fail;
		}
		if ((rc = key_read(keyfile, p->key, err, errlen)) == 1) {
			if (key_make(keyfile) == -1) {
				snprintf(err, errlen, "%s: cannot make the key: %s", keyfile, strerror(errno));
				goto fail;
			}
			rc = key_read(keyfile, p->key, err, errlen);
			if (rc == 1)
				snprintf(err, errlen, "%s: gone after it was made", keyfile);
		}
		if (rc != 0)
			goto fail;
	}
	*out = p;
	return 0;
fail:
	privacy_free(p);
	return -1;
}

void
privacy_free(struct privacy *p)
{
	if (p == NULL)
		return;
	OPENSSL_cleanse(p, sizeof(*p));
	free(p);
}

enum privacy_level
privacy_level(const struct privacy *p)
{
	return p->level;
}

/* ---- addresses ---- */

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

/* At most size - 1 octets; where it must cut, before a UTF-8 character rather than in it. */
static void
copy_cut(char *out, size_t size, const char *s, size_t len)
{
	size_t back;

	if (len >= size) {
		len = size - 1;
		for (back = 0; back < 3 && len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80; back++)
			len--;
	}
	memcpy(out, s, len);
	out[len] = '\0';
}

const char *
privacy_domain(const char *address, char *out, size_t size)
{
	const char *at = address == NULL ? NULL : strrchr(address, '@');
	size_t len;

	out[0] = '\0';
	if (at == NULL)
		return out;
	len = strlen(at + 1);
	if (len > 1 && at[len] == '.')
		len--;		/* "example.org." is the same domain */
	copy_cut(out, size, at + 1, len);
	lower(out);
	return out;
}

/* "p:" and hex digits; NULL if the library fails. */
static const char *
pseudonym(const struct privacy *p, const char *purpose, const char *address, size_t local_len, char *out, size_t size)
{
	char text[ADDRESS_MAX + 2], domain[256], *local;
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int i, mac_len = 0;
	size_t used = strlen(purpose) + 1;

	if (size < 2 + 2 * PSEUDONYM_LEN + 1 || used > sizeof(text) / 2)
		return NULL;
	memcpy(text, purpose, used);
	local = text + used;
	if (local_len > sizeof(text) - used - sizeof(domain) - 1)
		local_len = sizeof(text) - used - sizeof(domain) - 1;
	memcpy(local, address, local_len);
	local[local_len] = '\0';
	lower(local);
	local[local_len] = '@';
	privacy_domain(address, domain, sizeof(domain));
	memcpy(local + local_len + 1, domain, strlen(domain));
	used += local_len + 1 + strlen(domain);

	if (HMAC(EVP_sha256(), p->key, KEY_LEN, (const unsigned char *)text, used, mac, &mac_len) == NULL ||
	    mac_len < PSEUDONYM_LEN)
		return NULL;
	memcpy(out, "p:", 3);
	for (i = 0; i < PSEUDONYM_LEN; i++)
		snprintf(out + 2 + 2 * i, 3, "%02x", mac[i]);
	OPENSSL_cleanse(text, sizeof(text));
	return out;
}

const char *
privacy_local(const struct privacy *p, const char *purpose, const char *address, char *out, size_t size)
{
	const char *at;
	size_t len;

	if (address == NULL)
		return NULL;
	at = strrchr(address, '@');
	len = at == NULL ? strlen(address) : (size_t)(at - address);
	if (len == 0) {
		out[0] = '\0';
		return out;	/* the null sender is nobody */
	}
	if (p->level == PRIVACY_MINIMAL)
		return NULL;
	if (p->level == PRIVACY_PSEUDONYM)
		return pseudonym(p, purpose, address, len, out, size);
	copy_cut(out, size, address, len);
	return out;
}

const char *
privacy_ip(const struct privacy *p, const char *ip, int cut, char *out, size_t size)
{
	uint8_t addr[16];
	char text[INET6_ADDRSTRLEN];
	int v4;

	out[0] = '\0';
	if (ip == NULL || cidr_address(ip, addr) == -1)
		return out;
	cut = cut && p->level != PRIVACY_FULL;
	v4 = memcmp(addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0;
	if (cut && v4)
		addr[15] = 0;
	else if (cut)
		memset(addr + 6, 0, 10);
	if (inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? addr + 12 : addr, text, sizeof(text)) == NULL)
		return out;
	snprintf(out, size, "%s%s", text, !cut ? "" : v4 ? "/24" : "/48");
	return out;
}
