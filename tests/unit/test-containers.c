/* SPDX-License-Identifier: ISC */
/* What comes of containers by type, method and damage: nothing that was not looked into whole may be clean. */
/*
 * tests/containers.py makes the files; each must be in the table below.  With
 * --show DIR the program prints what comes of each file of a directory instead.
 */
#include <sys/mman.h>

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "scan/engine.h"
#include "scan-fixtures.h"

static char	tmp[PATH_MAX], database[PATH_MAX + 16], scratch[PATH_MAX + 16], files[PATH_MAX + 16];
static char	tools[256];	/* those that lack here */

static struct engine *
engine_with(const struct scan_settings *s)
{
	struct engine		*e;
	struct engine_info	*info;
	char			 err[256];

	if (engine_load(s, &e, &info, err, sizeof(err)) == -1) {
		print_error("engine_load: %s\n", err);
		return NULL;
	}
	engine_info_free(info);
	return engine_scratch(e, scratch) == 0 ? e : NULL;
}

static struct engine *
engine_make(int limited)
{
	struct scan_settings	s;

	default_settings(&s);
	s.database = database;
	s.scratch = scratch;
	if (limited) {
		s.MaxRecursion = 6;
		s.MaxFiles = 50;
		s.MaxFileSize = 1000000;
		s.MaxScanSize = 3000000;
	}
	return engine_with(&s);
}

/* 0, or -1: no such file. */
static int
scan_file(struct engine *e, const char *dir, const char *name, struct engine_finding *f)
{
	char		path[2 * PATH_MAX];
	struct stat	st;
	void		*p;
	int		fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((fd = open(path, O_RDONLY)) == -1)
		return -1;
	assert_int_equal(fstat(fd, &st), 0);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	assert_true(p != MAP_FAILED);
	engine_scan(e, p, (size_t)st.st_size, 0, name, f);
	munmap(p, (size_t)st.st_size);
	return 0;
}

static int
show(const char *dir)
{
	struct engine			*e[2] = { engine_make(0), engine_make(1) };
	const struct layer_member	*m;
	struct engine_finding		 f;
	struct dirent			**names;
	size_t				 j, count;
	int				 i, n;

	if (e[0] == NULL || e[1] == NULL || (n = scandir(dir, &names, NULL, alphasort)) == -1)
		return 1;
	for (i = 0; i < n; i++) {
		struct engine *by = e[strncmp(names[i]->d_name, "limit-", 6) == 0];

		if (names[i]->d_name[0] == '.' || scan_file(by, dir, names[i]->d_name, &f) == -1)
			continue;
		printf("%-26s %-12s %-34s %s", names[i]->d_name, outcome_str(f.outcome), f.detail, f.real_type);
		m = engine_members(by, &count);
		for (j = 0; j < count && j < 4; j++)
			printf(" [%s %s%s %s %s %llu]", m[j].name != NULL ? m[j].name : "-", outcome_str(m[j].outcome),
			    m[j].encrypted ? "*" : "", m[j].detail != NULL ? m[j].detail : "", m[j].real_type,
			    (unsigned long long)m[j].size);
		if (count > 4)
			printf(" and %zu", count - 4);
		putchar('\n');
	}
	engine_free(e[0]);
	engine_free(e[1]);
	return 0;
}

static const struct { const char *name; enum outcome want; const char *detail; } table[] = {
	{ "7z-aes-header.7z", OUTCOME_ENCRYPTED, "7Zip" },
	{ "7z-aes.7z", OUTCOME_ENCRYPTED, "7Zip" },
	{ "7z-bcj2.7z", OUTCOME_UNOPENED, "a.txt" },
	{ "7z-broken", OUTCOME_UNOPENED, "a.txt" },
	{ "7z-bzip2.7z", OUTCOME_UNOPENED, "a.txt" },
	{ "7z-copy.7z", OUTCOME_CLEAN, "" },
	{ "7z-cut", OUTCOME_UNOPENED, "CL_TYPE_7Z" },
	{ "7z-deflate.7z", OUTCOME_UNOPENED, "a.txt" },
	{ "7z-delta.7z", OUTCOME_UNOPENED, "a.txt" },
	{ "7z-lzma.7z", OUTCOME_CLEAN, "" },
	{ "7z-lzma2.7z", OUTCOME_CLEAN, "" },
	{ "7z-ppmd.7z", OUTCOME_CLEAN, "" },
	{ "7z-split.7z.001", OUTCOME_UNOPENED, "CL_TYPE_7Z" },
	{ "7z-split.7z.002", OUTCOME_CLEAN, "" },	/* a piece without a head is as any other octets; the first piece is not */
	{ "Z", OUTCOME_UNOPENED, "compress" },
	{ "age", OUTCOME_ENCRYPTED, "age" },
	{ "ar", OUTCOME_UNOPENED, "ar" },
	{ "arj-cut", OUTCOME_UNOPENED, "b.bin" },
	{ "arj-garbled.arj", OUTCOME_ENCRYPTED, "a.txt" },
	{ "arj.arj", OUTCOME_CLEAN, "" },
	{ "bz2", OUTCOME_CLEAN, "" },
	{ "bz2-cut", OUTCOME_UNOPENED, "CL_TYPE_BZ" },
	{ "bz2-trailing", OUTCOME_CLEAN, "" },	/* octets behind the end are scanned as they are */
	{ "bz2-two", OUTCOME_UNOPENED, "bzip2: several streams" },
	{ "cab", OUTCOME_CLEAN, "" },
	{ "cab-cut", OUTCOME_UNOPENED, "b.bin" },
	{ "cab-zip", OUTCOME_CLEAN, "" },
	{ "cab-zip-cut", OUTCOME_UNOPENED, "b.bin" },
	{ "cms-compressed", OUTCOME_UNOPENED, "cms" },
	{ "cms-detached", OUTCOME_CLEAN, "" },	/* the content is not in it */
	{ "cms-enveloped", OUTCOME_ENCRYPTED, "cms" },
	{ "cms-enveloped-stream", OUTCOME_ENCRYPTED, "cms" },
	{ "cms-signed", OUTCOME_UNOPENED, "cms-signed" },
	{ "cpio-bin", OUTCOME_CLEAN, "" },
	{ "cpio-bin-cut", OUTCOME_UNOPENED, "b.bin" },
	{ "cpio-crc", OUTCOME_CLEAN, "" },
	{ "cpio-crc-cut", OUTCOME_UNOPENED, "b.bin" },
	{ "cpio-newc", OUTCOME_CLEAN, "" },
	{ "cpio-newc-cut", OUTCOME_UNOPENED, "b.bin" },
	{ "cpio-odc", OUTCOME_CLEAN, "" },
	{ "cpio-odc-cut", OUTCOME_UNOPENED, "b.bin" },
	{ "doc", OUTCOME_CLEAN, "" },
	{ "doc-encrypted", OUTCOME_ENCRYPTED, "OLE2" },
	{ "docx", OUTCOME_CLEAN, "" },
	{ "gz", OUTCOME_CLEAN, "" },
	{ "gz-broken", OUTCOME_CLEAN, "" },	/* every octet that comes out was scanned, whatever the sum says */
	{ "gz-cut", OUTCOME_UNOPENED, "gzip: truncated" },
	{ "gz-trailing", OUTCOME_UNOPENED, "gzip: truncated" },
	{ "gz-two", OUTCOME_CLEAN, "" },
	{ "iso", OUTCOME_CLEAN, "" },
	{ "iso-cut", OUTCOME_UNOPENED, "iso: truncated" },
	{ "iso-joliet", OUTCOME_CLEAN, "" },
	{ "lha-cut", OUTCOME_UNOPENED, "b.bin" },
	{ "lha.lzh", OUTCOME_CLEAN, "" },
	{ "limit-files", OUTCOME_LIMIT, "MaxFiles" },
	{ "limit-filesize", OUTCOME_LIMIT, "MaxFileSize" },
	{ "limit-filesize-member", OUTCOME_LIMIT, "MaxFileSize" },
	{ "limit-none", OUTCOME_CLEAN, "" },
	{ "limit-recursion", OUTCOME_LIMIT, "MaxRecursion" },
	{ "limit-scansize", OUTCOME_LIMIT, "MaxScanSize" },
	{ "lz4", OUTCOME_UNOPENED, "lz4" },
	{ "lzip", OUTCOME_UNOPENED, "lzip" },
	{ "lzma", OUTCOME_UNOPENED, "lzma" },
	{ "odt-encrypted", OUTCOME_ENCRYPTED, "ODF" },
	{ "ooxml-encrypted", OUTCOME_ENCRYPTED, "OLE2" },
	{ "ooxml-encrypted-standard", OUTCOME_ENCRYPTED, "OLE2" },
	{ "pdf", OUTCOME_CLEAN, "" },
	{ "pdf-owner", OUTCOME_CLEAN, "" },	/* opened with the empty password, as every reader does */
	{ "pdf-owner-256", OUTCOME_CLEAN, "" },
	{ "pdf-user", OUTCOME_ENCRYPTED, "PDF" },
	{ "pgp-armor", OUTCOME_ENCRYPTED, "pgp" },
	{ "pgp-armor-compressed", OUTCOME_UNOPENED, "pgp" },
	{ "pgp-inline", OUTCOME_ENCRYPTED, "pgp" },
	{ "pgp-key-armor", OUTCOME_CLEAN, "" },
	{ "pgp-mentioned", OUTCOME_CLEAN, "" },
	{ "pgp-public", OUTCOME_ENCRYPTED, "pgp" },
	{ "pgp-public-old", OUTCOME_ENCRYPTED, "pgp" },
	{ "pgp-signature-armor", OUTCOME_CLEAN, "" },
	{ "pgp-symmetric", OUTCOME_ENCRYPTED, "pgp" },
	{ "rar4", OUTCOME_UNOPENED, "CL_TYPE_RAR" },
	{ "rar5", OUTCOME_UNOPENED, "CL_TYPE_RAR" },
	{ "tar-checksum", OUTCOME_UNOPENED, "tar: bad header" },
	{ "tar-cut", OUTCOME_UNOPENED, "b.bin" },
	{ "tar-gnu", OUTCOME_CLEAN, "" },
	{ "tar-gnu-long", OUTCOME_CLEAN, "" },
	{ "tar-gz", OUTCOME_CLEAN, "" },
	{ "tar-gz-cut", OUTCOME_UNOPENED, "b.bin" },
	{ "tar-pax", OUTCOME_CLEAN, "" },
	{ "tar-pax-long", OUTCOME_CLEAN, "" },
	{ "tar-sparse", OUTCOME_CLEAN, "" },
	{ "tar-ustar", OUTCOME_CLEAN, "" },
	{ "tar-ustar-prefix", OUTCOME_CLEAN, "" },
	{ "tar-xz", OUTCOME_CLEAN, "" },
	{ "udf", OUTCOME_CLEAN, "" },	/* its ISO 9660 side; both name the same blocks */
	{ "xls-encrypted", OUTCOME_ENCRYPTED, "OLE2" },
	{ "xls-macro", OUTCOME_MACRO, "" },
	{ "zip-xls-encrypted", OUTCOME_ENCRYPTED, "OLE2" },
	{ "zip-xls-macro", OUTCOME_MACRO, "" },
	{ "xz", OUTCOME_CLEAN, "" },
	{ "xz-cut", OUTCOME_UNOPENED, "engine: cli_scanxz: premature end of compressed stream" },
	{ "xz-filter", OUTCOME_CLEAN, "" },
	{ "xz-two", OUTCOME_CLEAN, "" },
	{ "zip-aes.zip", OUTCOME_ENCRYPTED, "Zip" },
	{ "zip-backslash", OUTCOME_CLEAN, "" },
	{ "zip-bzip2", OUTCOME_CLEAN, "" },
	{ "zip-crypto.zip", OUTCOME_ENCRYPTED, "Zip" },
	{ "zip-cut", OUTCOME_UNOPENED, "CL_TYPE_ZIP" },
	{ "zip-data-broken", OUTCOME_UNOPENED, "a.txt" },
	{ "zip-data-cut", OUTCOME_UNOPENED, "b.bin" },
	{ "zip-deflate", OUTCOME_CLEAN, "" },
	{ "zip-deflate64.zip", OUTCOME_CLEAN, "" },
	{ "zip-directories", OUTCOME_CLEAN, "" },
	{ "zip-directory-cut", OUTCOME_UNOPENED, "CL_TYPE_ZIP" },
	{ "zip-empty", OUTCOME_CLEAN, "" },
	{ "zip-half-lzma", OUTCOME_UNOPENED, "b.txt" },
	{ "zip-in-zip", OUTCOME_CLEAN, "" },
	{ "zip-in-zip-aes", OUTCOME_ENCRYPTED, "Zip" },
	{ "zip-in-zip-crypto", OUTCOME_ENCRYPTED, "Zip" },
	{ "zip-in-zip-lzma", OUTCOME_UNOPENED, "a.txt" },
	{ "zip-long-name", OUTCOME_LIMIT, "member name" },
	{ "zip-lzma", OUTCOME_UNOPENED, "a.txt" },
	{ "zip-masked", OUTCOME_ENCRYPTED, "a.txt" },
	{ "zip-names-differ", OUTCOME_CLEAN, "" },
	{ "zip-no-directory", OUTCOME_UNOPENED, "CL_TYPE_ZIP" },
	{ "zip-ppmd", OUTCOME_UNOPENED, "a.txt" },
	{ "zip-prefix", OUTCOME_CLEAN, "" },
	{ "zip-prefix-lzma", OUTCOME_UNOPENED, "a.txt" },
	{ "zip-same-names", OUTCOME_UNOPENED, "a.txt" },
	{ "zip-split.zip.001", OUTCOME_UNOPENED, "CL_TYPE_ZIP" },
	{ "zip-split.zip.002", OUTCOME_CLEAN, "" },
	{ "zip-stored", OUTCOME_CLEAN, "" },
	{ "zip-stream", OUTCOME_CLEAN, "" },
	{ "zip-unknown-method", OUTCOME_UNOPENED, "a.txt" },
	{ "zip-xz", OUTCOME_UNOPENED, "a.txt" },
	{ "zip-zstd", OUTCOME_UNOPENED, "a.txt" },
	{ "zst", OUTCOME_UNOPENED, "zstd" },
};

/* One row failing does not hide the others. */
static void
test_table(void **state)
{
	struct engine		*e[2] = { engine_make(0), engine_make(1) };
	struct engine_finding	 f;
	size_t			 i, wrong = 0, lacking = 0;

	(void)state;
	assert_non_null(e[0]);
	assert_non_null(e[1]);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (scan_file(e[strncmp(table[i].name, "limit-", 6) == 0], files, table[i].name, &f) == -1) {
			lacking++;
			continue;
		}
		if (f.outcome == table[i].want && strcmp(f.detail, table[i].detail) == 0)
			continue;
		wrong++;
		print_error("%s: got %s \"%s\", want %s \"%s\"\n", table[i].name, outcome_str(f.outcome), f.detail,
		    outcome_str(table[i].want), table[i].detail);
	}
	if (lacking > 0)
		print_message("%zu rows are left out: %s\n", lacking, tools);
	assert_true(tools[0] != '\0' || lacking == 0);
	engine_free(e[0]);
	engine_free(e[1]);
	assert_int_equal(wrong, 0);
}

/* Members as the record will have them: name, further name, encrypted, outcome, type. */
static void
test_members(void **state)
{
	static const struct {
		const char	*file;
		size_t		 count, number;	/* how many, and which of them */
		const char	*name, *other;
		int		 encrypted;
		enum outcome	 want;
		const char	*type;
	} cases[] = {
		{ "zip-in-zip", 2, 0, "in.zip", NULL, 0, OUTCOME_CLEAN, "CL_TYPE_ZIP" },
		{ "zip-in-zip", 2, 1, "a.txt", NULL, 0, OUTCOME_CLEAN, "CL_TYPE_TEXT_ASCII" },
		{ "zip-in-zip-lzma", 2, 0, "in.zip", NULL, 0, OUTCOME_UNOPENED, "CL_TYPE_ZIP" },
		{ "zip-in-zip-lzma", 2, 1, "a.txt", NULL, 0, OUTCOME_UNOPENED, "" },
		{ "zip-in-zip-aes", 2, 1, "a.txt", NULL, 1, OUTCOME_ENCRYPTED, "" },
		{ "zip-half-lzma", 2, 0, "a.txt", NULL, 0, OUTCOME_CLEAN, "CL_TYPE_TEXT_ASCII" },
		{ "zip-names-differ", 1, 0, "a.txt", "q.exe", 0, OUTCOME_CLEAN, "CL_TYPE_TEXT_ASCII" },
		{ "zip-directories", 2, 0, "d/e", NULL, 0, OUTCOME_CLEAN, "" },
		{ "zip-prefix", 1, 0, "a.txt", NULL, 0, OUTCOME_CLEAN, "CL_TYPE_TEXT_ASCII" },
		{ "7z-aes.7z", 2, 1, "b.bin", NULL, 1, OUTCOME_ENCRYPTED, "" },
		{ "7z-aes-header.7z", 0, 0, NULL, NULL, 0, OUTCOME_CLEAN, "" },
		{ "tar-gz", 3, 1, "a.txt", NULL, 0, OUTCOME_CLEAN, "CL_TYPE_TEXT_ASCII" },
		{ "tar-gnu-long", 2, 0, "*.exe", NULL, 0, OUTCOME_CLEAN, "CL_TYPE_TEXT_ASCII" },
		{ "tar-pax-long", 2, 0, "*.exe", NULL, 0, OUTCOME_CLEAN, "CL_TYPE_TEXT_ASCII" },
		{ "limit-filesize-member", 2, 1, "big", NULL, 0, OUTCOME_LIMIT, "CL_TYPE_TEXT_ASCII" },
		{ "cab", 2, 0, "a.txt", NULL, 0, OUTCOME_CLEAN, "CL_TYPE_TEXT_ASCII" },
		{ "iso", 3, 2, "B.BIN", NULL, 0, OUTCOME_CLEAN, "CL_TYPE_TEXT_UTF16BE" },
	};
	struct engine			*e[2] = { engine_make(0), engine_make(1) }, *by;
	const struct layer_member	*m;
	struct engine_finding		 f;
	size_t				 i, count;
	const char			*name;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		by = e[strncmp(cases[i].file, "limit-", 6) == 0];
		if (scan_file(by, files, cases[i].file, &f) == -1)
			continue;
		m = engine_members(by, &count);
		if (count != cases[i].count)
			fail_msg("%s: got %zu members, want %zu", cases[i].file, count, cases[i].count);
		if (count == 0)
			continue;
		m += cases[i].number;
		name = m->name != NULL ? m->name : "";
		if (cases[i].name[0] == '*' ? strlen(name) < 150 || strcmp(name + strlen(name) - 4, cases[i].name + 1) != 0 :
		    strcmp(name, cases[i].name) != 0)
			fail_msg("%s: got \"%s\", want \"%s\"", cases[i].file, name, cases[i].name);
		if ((m->other == NULL) != (cases[i].other == NULL) ||
		    (m->other != NULL && strcmp(m->other, cases[i].other) != 0))
			fail_msg("%s: got a further name \"%s\"", cases[i].file, m->other != NULL ? m->other : "");
		if (m->encrypted != cases[i].encrypted || m->outcome != cases[i].want ||
		    strcmp(m->real_type, cases[i].type) != 0)
			fail_msg("%s, %s: got %s%s %s, want %s%s %s", cases[i].file, name, outcome_str(m->outcome),
			    m->encrypted ? " encrypted" : "", m->real_type, outcome_str(cases[i].want),
			    cases[i].encrypted ? " encrypted" : "", cases[i].type);
	}
	engine_free(e[0]);
	engine_free(e[1]);
}

/* Every file cut anywhere, and with octets changed: nothing breaks, and nobody says infected. */
static void
test_damage(void **state)
{
	struct engine		*e = engine_make(0);
	struct engine_finding	 f;
	char			 path[2 * PATH_MAX];
	struct stat		 st;
	unsigned char		*p;
	uint32_t		 r = 12345;
	size_t			 i, j, k, len;
	FILE			*in;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", files, table[i].name);
		if ((in = fopen(path, "r")) == NULL || strncmp(table[i].name, "limit-", 6) == 0) {
			if (in != NULL)
				fclose(in);
			continue;
		}
		assert_int_equal(fstat(fileno(in), &st), 0);
		assert_non_null(p = malloc((size_t)st.st_size));
		for (j = 0; j < 4; j++) {
			rewind(in);
			assert_int_equal(fread(p, 1, (size_t)st.st_size, in), (size_t)st.st_size);
			len = (size_t)st.st_size;
			if (j == 0)
				len = len * 9 / 10;
			for (k = 0; j > 0 && k < 8 * j; k++) {
				r = r * 1103515245u + 12345u;
				/* Headers rather than data. */
				p[(r >> 8) % (j == 1 ? len : len < 600 ? len : 600)] = (unsigned char)(r >> 3);
			}
			engine_scan(e, p, len, 0, table[i].name, &f);
			if (f.outcome == OUTCOME_INFECTED)
				fail_msg("%s, damage %zu: got %s", table[i].name, j, f.signature);
		}
		free(p);
		fclose(in);
	}
	engine_free(e);
}

/* tests/containers.py into `files`; what it says goes into `tools`. */
static int
files_make(void)
{
	char	exe[PATH_MAX], cmd[3 * PATH_MAX];
	ssize_t	n;
	FILE	*out;

	if ((n = readlink("/proc/self/exe", exe, sizeof(exe) - 1)) <= 0)
		return -1;
	exe[n] = '\0';
	snprintf(cmd, sizeof(cmd), "'%s/../../../tests/containers.py' '%s'", dirname(exe), files);
	if ((out = popen(cmd, "r")) == NULL)
		return -1;
	if (fgets(tools, sizeof(tools), out) == NULL)
		tools[0] = '\0';
	return pclose(out) == 0 ? 0 : -1;
}

static int
setup(void **state)
{
	(void)state;
	snprintf(tmp, sizeof(tmp), "%s/hopward-test-containers.XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	if (mkdtemp(tmp) == NULL)
		return -1;
	snprintf(database, sizeof(database), "%s/db", tmp);
	snprintf(scratch, sizeof(scratch), "%s/scratch", tmp);
	snprintf(files, sizeof(files), "%s/files", tmp);
	return mkdir(scratch, 0700) == -1 || database_make(database) != 0 ? -1 : 0;
}

static int
setup_files(void **state)
{
	return setup(state) == -1 || files_make() == -1 ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	remove_tree(tmp);
	return 0;
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_damage),
	};
	int	rc;

	if (argc == 3 && strcmp(argv[1], "--show") == 0) {
		rc = setup(NULL) == -1 ? 1 : show(argv[2]);
		teardown(NULL);
		return rc;
	}
	return cmocka_run_group_tests(tests, setup_files, teardown);
}
