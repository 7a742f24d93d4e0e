/* SPDX-License-Identifier: ISC */
/* The whole names of a tar's files, which libclamav cuts at 100 octets. */
/*
 * Called by layers.c.  Knows ustar's prefix, GNU's long names and pax' paths;
 * unpacks nothing.  A header whose sum is wrong, one without a name, and octets
 * behind the end are told: libclamav passes them over, and some reader does not.
 */
#include <string.h>

#include "scan/tar.h"

#define BLOCK	512
#define CHKSUM	148
#define TYPE	156
#define PREFIX	345

void
tar_init(struct tar *t, const void *data, size_t len)
{
	memset(t, 0, sizeof(*t));
	t->p = data;
	t->len = len;
}

/* -1: not a number, or GNU's form for sizes beyond 8 GB. */
static int64_t
octal(const unsigned char *p, size_t len)
{
	int64_t	v = 0;
	size_t	i = 0;

	while (i < len && (p[i] == ' ' || p[i] == '\0'))
		i++;
	for (; i < len && p[i] != ' ' && p[i] != '\0'; i++) {
		if (p[i] < '0' || p[i] > '7')
			return -1;
		v = v * 8 + (p[i] - '0');
	}
	return v;
}

static int
all_zero(const unsigned char *p, size_t len)
{
	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

/* Old programs added the octets up as signed ones. */
static int
sum_is_right(const unsigned char *h)
{
	int64_t	want = octal(h + CHKSUM, 8);
	int64_t	sum = 0, sum_signed = 0;
	size_t	i;

	for (i = 0; i < BLOCK; i++) {
		sum += i >= CHKSUM && i < CHKSUM + 8 ? ' ' : h[i];
		sum_signed += i >= CHKSUM && i < CHKSUM + 8 ? ' ' : (signed char)h[i];
	}
	return want == sum || want == sum_signed;
}

/* Of a longer name the end: it has the extension. */
static void
name_set(struct tar *t, const unsigned char *p, size_t len)
{
	len = strnlen((const char *)p, len);
	if (len > TAR_NAME_MAX) {
		p += len - TAR_NAME_MAX;
		len = TAR_NAME_MAX;
	}
	memcpy(t->name, p, len);
	t->name[len] = '\0';
}

/* Records "LENGTH KEY=VALUE\n". */
static void
pax_read(struct tar *t, const unsigned char *p, size_t len)
{
	size_t	n, i;

	while (len > 0) {
		for (n = 0, i = 0; i < len && i < 8 && p[i] >= '0' && p[i] <= '9'; i++)
			n = n * 10 + (size_t)(p[i] - '0');
		if (i == 0 || n <= i + 1 || n > len || p[i] != ' ')
			return;
		if (n > i + 7 && memcmp(p + i + 1, "path=", 5) == 0)
			name_set(t, p + i + 6, n - i - 7);
		p += n;
		len -= n;
	}
}

static void
file_names(struct tar *t, const unsigned char *h)
{
	size_t	n = strnlen((const char *)h, TAR_FIELD_MAX), prefix;

	memcpy(t->field, h, n);
	t->field[n] = '\0';
	if (t->name[0] != '\0' || memcmp(h + 257, "ustar\0", 6) != 0 || h[PREFIX] == '\0')
		return;
	prefix = strnlen((const char *)h + PREFIX, 155);
	memcpy(t->name, h + PREFIX, prefix);
	t->name[prefix] = '/';
	memcpy(t->name + prefix + 1, t->field, n + 1);
}

int
tar_next(struct tar *t)
{
	const unsigned char	*h;
	int64_t			 size;

	t->name[0] = '\0';
	while (t->damage == NULL && t->len - t->at >= BLOCK) {
		h = t->p + t->at;
		if (h[0] == '\0') {
			if (!all_zero(h, t->len - t->at))
				t->damage = "tar: more behind its end";
			break;
		}
		if (!sum_is_right(h) || (size = octal(h + 124, 12)) < 0) {
			t->damage = "tar: bad header";
			break;
		}
		t->at += BLOCK;
		if ((uint64_t)size > t->len - t->at)
			size = (int64_t)(t->len - t->at);
		if (strchr("12346V5", h[TYPE]) != NULL && h[TYPE] != '\0') {
			t->name[0] = '\0';
			continue;	/* libclamav takes the next block for a header, whatever their size */
		}
		if (h[TYPE] == 'L')
			name_set(t, h + BLOCK, (size_t)size);
		else if (h[TYPE] == 'x' || h[TYPE] == 'X')
			pax_read(t, h + BLOCK, (size_t)size);
		size = (size + BLOCK - 1) / BLOCK * BLOCK;
		t->at = (uint64_t)size > t->len - t->at ? t->len : t->at + (size_t)size;
		if (strchr("KLNAEIgxX", h[TYPE]) != NULL && h[TYPE] != '\0')
			continue;
		file_names(t, h);
		return 1;
	}
	return 0;
}
