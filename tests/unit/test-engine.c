/* SPDX-License-Identifier: ISC */
/* libclamav behind engine.c: what is found, and that nothing is called clean which was not scanned. */
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <zlib.h>

#include "scan/engine.h"
#include "scan/layers.h"
#include "scan-fixtures.h"

#define TESTFILES	"/usr/share/clamav-testfiles"
#define CHILDREN	200

static char		 tmp[PATH_MAX], database[PATH_MAX + 16], scratch[PATH_MAX + 16];
static struct engine	*plain;		/* default settings */

/* ---- objects ---- */

struct object {
	const char	*name;
	struct buf	 b;
};

static void
object_begin(struct object *o, const char *name)
{
	o->name = name;
	buf_init(&o->b, 64 << 20);
}

static void
zip_of(struct object *o, const char *name, const struct zip_entry *e, size_t n)
{
	object_begin(o, name);
	zip_make(&o->b, e, n);
	assert_false(o->b.failed);
}

/* Deflated without a zlib header, as zip has it; freed by the caller. */
static void *
deflated(const void *p, size_t len, size_t *out)
{
	z_stream	 z = { 0 };
	void		*to = malloc(compressBound(len) + 64);

	assert_non_null(to);
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)p;
	z.avail_in = (uInt)len;
	z.next_out = to;
	z.avail_out = (uInt)compressBound(len) + 64;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	*out = z.total_out;
	deflateEnd(&z);
	return to;
}

static struct engine *
engine_with(const struct scan_settings *s)
{
	struct engine		*e;
	struct engine_info	*info;
	char			 err[256];

	if (engine_load(s, &e, &info, err, sizeof(err)) == -1)
		fail_msg("engine_load: %s", err);
	engine_info_free(info);
	assert_int_equal(engine_scratch(e, scratch), 0);
	return e;
}

static struct engine *
engine_limited(uint64_t filesize, uint64_t scansize, uint64_t recursion, uint64_t files)
{
	struct scan_settings	s;

	default_settings(&s);
	s.database = database;
	s.scratch = scratch;
	if (filesize)
		s.MaxFileSize = filesize;
	if (scansize)
		s.MaxScanSize = scansize;
	if (recursion)
		s.MaxRecursion = recursion;
	if (files)
		s.MaxFiles = files;
	return engine_with(&s);
}

static void
expect(struct engine *e, struct object *o, enum outcome want, const char *detail)
{
	struct engine_finding	f;

	engine_scan(e, o->b.data, o->b.len, 0, "object.bin", &f);
	if (f.outcome != want || (detail != NULL && strcmp(f.detail, detail) != 0))
		fail_msg("%s: got %s \"%s\" (%s), want %s \"%s\"", o->name, outcome_str(f.outcome), f.detail, f.signature,
		    outcome_str(want), detail != NULL ? detail : "");
	buf_free(&o->b);
}

/* ---- tests ---- */

static void
test_found(void **state)
{
	struct zip_entry	virus = { "e.com", eicar(), strlen(eicar()), ZIP_STORED, 0, 0 };
	struct zip_entry	text = { "t.txt", "an ordinary text, long enough", 29, ZIP_STORED, 0, 0 };
	struct zip_entry	secret = { "s.txt", "0123456789ab0123456789abcdef", 28, ZIP_STORED, ZIP_ENCRYPTED, 0 };
	struct zip_entry	lzma = { "l.bin", "\x09\x04\x05\0 garbage garbage garbage", 28, ZIP_LZMA, 0, 400 };
	struct zip_entry	same = { "t.txt", "\x09\x04\x05\0 garbage garbage garbage", 28, ZIP_LZMA, 0, 400 };
	struct zip_entry	dir = { "dir/", "", 0, ZIP_STORED, 0, 0 }, empty = { "dir/empty", "", 0, ZIP_STORED, 0, 0 };
	struct zip_entry	inner = { "inner.zip", NULL, 0, ZIP_STORED, 0, 0 };
	struct zip_entry	mixed[3] = { secret, text, virus }, quiet[3] = { dir, empty, text };
	struct zip_entry	half[2] = { text, lzma }, twins[2] = { text, same };
	struct object		o, in;

	(void)state;
	object_begin(&o, "eicar");
	buf_addz(&o.b, eicar());
	expect(plain, &o, OUTCOME_INFECTED, "");
	object_begin(&o, "text");
	buf_addz(&o.b, "an ordinary text, long enough");
	expect(plain, &o, OUTCOME_CLEAN, "");
	object_begin(&o, "short");
	buf_addz(&o.b, "abc");
	expect(plain, &o, OUTCOME_CLEAN, "");
	zip_of(&o, "zip", &virus, 1);
	expect(plain, &o, OUTCOME_INFECTED, "");
	zip_of(&in, "inner", &virus, 1);
	inner.data = in.b.data;
	inner.len = in.b.len;
	zip_of(&o, "zip in zip", &inner, 1);
	expect(plain, &o, OUTCOME_INFECTED, "");
	buf_free(&in.b);
	zip_of(&o, "encrypted", &secret, 1);
	expect(plain, &o, OUTCOME_ENCRYPTED, "Zip");
	zip_of(&o, "encrypted, clean, virus", mixed, 3);
	expect(plain, &o, OUTCOME_INFECTED, "");
	zip_of(&o, "directory and empty member", quiet, 3);
	expect(plain, &o, OUTCOME_CLEAN, "");
	zip_of(&o, "clean and LZMA", half, 2);
	expect(plain, &o, OUTCOME_UNOPENED, "l.bin");
	zip_of(&o, "clean and LZMA of one name", twins, 2);
	expect(plain, &o, OUTCOME_UNOPENED, "t.txt");
}

/* A virus beside what could not be opened is still a virus. */
static void
test_virus_beside_unopened(void **state)
{
	struct zip_entry	virus = { "e.com", eicar(), strlen(eicar()), ZIP_STORED, 0, 0 };
	struct zip_entry	lzma = { "l.bin", "\x09\x04\x05\0 garbage garbage garbage", 28, ZIP_LZMA, 0, 400 };
	struct zip_entry	both[2] = { lzma, virus };
	struct object		o;

	(void)state;
	zip_of(&o, "LZMA and virus", both, 2);
	expect(plain, &o, OUTCOME_INFECTED, "");
}

static void
test_unopened_kinds(void **state)
{
	static const struct { const char *name; const char *head; size_t len; } cases[] = {
		{ "zstd", "\x28\xb5\x2f\xfd", 4 },
		{ "lzma", "\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x20", 15 },
		{ "ar", "!<arch>\n", 8 },
		{ "compress", "\x1f\x9d\x90", 3 },
		{ "lz4", "\x04\x22\x4d\x18", 4 },
		{ "engine: cli_scanxz: decompress error: 1", "\xfd" "7zXZ\0\0\4\xe6\xd6\xb4\x46", 12 },
	};
	struct object	o;
	size_t		i, j;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		object_begin(&o, cases[i].name);
		buf_add(&o.b, cases[i].head, cases[i].len);
		for (j = 0; j < 200; j++)
			buf_addc(&o.b, (char)(j * 37 % 251));
		expect(plain, &o, OUTCOME_UNOPENED, cases[i].name);
	}
}

/* A zip that ends before its directory: libclamav opens no member and says clean. */
static void
test_zip_cut(void **state)
{
	struct zip_entry	virus = { "e.com", eicar(), strlen(eicar()), ZIP_STORED, 0, 0 };
	struct object		o;
	size_t			len;
	void			*z = deflated("some text, some text, some text", 31, &len);
	struct zip_entry	text = { "t.txt", z, len, 8, 0, 31 };

	(void)state;
	(void)virus;
	zip_of(&o, "zip without its directory", &text, 1);
	o.b.len = 30 + 5 + len;
	buf_add(&o.b, "................................................................", 64);
	expect(plain, &o, OUTCOME_UNOPENED, NULL);
	free(z);
}

static void
test_limits(void **state)
{
	size_t			 big = 300000, len, i;
	char			*zeros = calloc(1, big);
	void			*z;
	struct zip_entry	 virus = { "e.com", eicar(), strlen(eicar()), ZIP_STORED, 0, 0 };
	struct zip_entry	 bomb = { "b.bin", NULL, 0, 8, 0, 0 }, both[2], in = { "n.zip", NULL, 0, 0, 0, 0 }, many[20];
	char			 names[20][8];
	struct object		 o, outer;
	struct engine		*e;

	(void)state;
	assert_non_null(zeros);
	for (i = 0; i < big; i++)
		zeros[i] = (char)('a' + i % 23);
	z = deflated(zeros, big, &len);
	bomb.data = z;
	bomb.len = len;
	bomb.claim = (uint32_t)big;

	e = engine_limited(200000, 0, 0, 0);
	object_begin(&o, "object over MaxFileSize");
	buf_add(&o.b, zeros, big);
	expect(e, &o, OUTCOME_LIMIT, "MaxFileSize");
	zip_of(&o, "member over MaxFileSize", &bomb, 1);
	expect(e, &o, OUTCOME_LIMIT, "MaxFileSize");
	both[0] = bomb;
	both[1] = virus;
	zip_of(&o, "virus beside a member over MaxFileSize", both, 2);
	expect(e, &o, OUTCOME_INFECTED, "");
	bomb.claim = 1000;
	zip_of(&o, "member over MaxFileSize with a lying header", &bomb, 1);
	expect(e, &o, OUTCOME_LIMIT, "MaxFileSize");
	bomb.claim = (uint32_t)big;
	engine_free(e);

	e = engine_limited(0, 200000, 0, 0);
	object_begin(&o, "object over MaxScanSize");
	buf_add(&o.b, zeros, big);
	expect(e, &o, OUTCOME_LIMIT, "MaxScanSize");
	zip_of(&o, "member over MaxScanSize", &bomb, 1);
	expect(e, &o, OUTCOME_LIMIT, "MaxScanSize");
	engine_free(e);

	e = engine_limited(0, 0, 4, 0);
	many[0] = (struct zip_entry){ "t.txt", "an ordinary text, long enough", 29, ZIP_STORED, 0, 0 };
	zip_of(&o, "nested", many, 1);
	for (i = 0; i < 6; i++) {
		in.data = o.b.data;
		in.len = o.b.len;
		zip_of(&outer, "nested beyond MaxRecursion", &in, 1);
		buf_free(&o.b);
		o = outer;
	}
	expect(e, &o, OUTCOME_LIMIT, "MaxRecursion");
	engine_free(e);

	e = engine_limited(0, 0, 0, 5);
	for (i = 0; i < 20; i++) {
		snprintf(names[i], sizeof(names[i]), "f%zu", i);
		many[i] = (struct zip_entry){ names[i], "an ordinary text, long enough", 29, ZIP_STORED, 0, 0 };
	}
	zip_of(&o, "more than MaxFiles", many, 20);
	expect(e, &o, OUTCOME_LIMIT, "MaxFiles");
	engine_free(e);
	free(z);
	free(zeros);
}

/* HTML beyond what the engine normalizes is scanned neither normalized nor raw. */
static void
test_html_limit(void **state)
{
	struct scan_settings	 s;
	struct engine		*e;
	struct object		 o;
	int			 i;

	(void)state;
	default_settings(&s);
	s.database = database;
	s.scratch = scratch;
	s.MaxHTMLNormalize = 2000;
	e = engine_with(&s);
	object_begin(&o, "small HTML");
	buf_addz(&o.b, "<html><body><p>hello</p></body></html>");
	expect(e, &o, OUTCOME_CLEAN, "");
	object_begin(&o, "HTML over MaxHTMLNormalize");
	buf_addz(&o.b, "<html><body>");
	for (i = 0; i < 200; i++)
		buf_addz(&o.b, "<p>hello there</p>");
	expect(e, &o, OUTCOME_LIMIT, "MaxHTMLNormalize");
	engine_free(e);
}

static void
test_no_engine(void **state)
{
	struct object	o;

	(void)state;
	object_begin(&o, "without an engine");
	buf_addz(&o.b, "an ordinary text");
	expect(NULL, &o, OUTCOME_NOT_SCANNED, "no engine");
}

/* Every file of Debian's set carries the same payload, packed in another way each. */
static void
test_testfiles(void **state)
{
	struct engine_finding	 f;
	struct dirent		*d;
	struct stat		 st;
	DIR			*dir = opendir(TESTFILES);
	int			 found = 0, missed = 0, fd;
	void			*p;

	(void)state;
	if (dir == NULL)
		skip();
	while ((d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.' || (fd = openat(dirfd(dir), d->d_name, O_RDONLY)) == -1)
			continue;
		assert_int_equal(fstat(fd, &st), 0);
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		assert_true(p != MAP_FAILED);
		engine_scan(plain, p, (size_t)st.st_size, 0, d->d_name, &f);
		if (f.outcome == OUTCOME_INFECTED)
			found++;
		else {
			missed++;
			print_error("%s: got %s %s\n", d->d_name, outcome_str(f.outcome), f.detail);
		}
		munmap(p, (size_t)st.st_size);
		close(fd);
	}
	closedir(dir);
	assert_int_equal(missed, 0);
	assert_true(found > 40);
}

/* ---- temporary files ---- */

static void
zip_with_virus(struct object *o)
{
	struct zip_entry	virus = { "e.com", eicar(), strlen(eicar()), ZIP_STORED, 0, 0 };

	zip_of(o, "virus where nothing can be written", &virus, 1);
}

static int
child_finding(const char *dir, int raw, struct engine_finding *f)
{
	struct object	o;

	(void)raw;
	if (engine_scratch(plain, dir) == -1)
		return -1;
	zip_with_virus(&o);
	engine_scan(plain, o.b.data, o.b.len, 0, NULL, f);
	buf_free(&o.b);
	return 0;
}

/* In a child: what `prepare` takes away, nobody else misses.  The child says what it found by its exit status. */
static int
finding_in_child(const char *dir, int (*prepare)(const char *))
{
	struct engine_finding	f;
	pid_t			pid;
	int			status;

	if ((pid = fork()) == 0) {
		if (prepare != NULL && prepare(dir) == -1)
			_exit(99);
		if (child_finding(dir, 0, &f) == -1)
			_exit(98);
		if (f.outcome == OUTCOME_NOT_SCANNED && strncmp(f.detail, "write: ", 7) != 0 &&
		    strncmp(f.detail, "open: ", 6) != 0 && strncmp(f.detail, "mkdir: ", 7) != 0)
			_exit(97);
		_exit(f.outcome);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
prepare_nothing_written(const char *dir)
{
	struct rlimit	none = { 0, 0 };

	(void)dir;
	signal(SIGXFSZ, SIG_IGN);
	return setrlimit(RLIMIT_FSIZE, &none);
}

static int
prepare_few_descriptors(const char *dir)
{
	struct rlimit	few = { 3, 3 };

	(void)dir;
	close_range(3, ~0u, 0);
	return setrlimit(RLIMIT_NOFILE, &few);
}

/* A tmpfs with no page left. */
static int
prepare_full_tmpfs(const char *dir)
{
	char	path[PATH_MAX + 64], page[4096] = { 0 };
	int	fd;

	if (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) == -1 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("tmpfs", dir, "tmpfs", 0, "size=64k") == -1)
		return -1;
	snprintf(path, sizeof(path), "%s/filler", dir);
	if ((fd = open(path, O_CREAT | O_WRONLY, 0600)) == -1)
		return -1;
	while (write(fd, page, sizeof(page)) == (ssize_t)sizeof(page))
		continue;
	close(fd);
	return 0;
}

static void
test_unwritable(void **state)
{
	char	missing[PATH_MAX + 64], file[PATH_MAX + 64], full[PATH_MAX + 64];
	int	fd, got;

	(void)state;
	snprintf(missing, sizeof(missing), "%s/missing", tmp);
	snprintf(file, sizeof(file), "%s/a-file", tmp);
	snprintf(full, sizeof(full), "%s/full", tmp);
	assert_true((fd = open(file, O_CREAT | O_WRONLY, 0600)) != -1);
	close(fd);
	mkdir(full, 0700);
	assert_int_equal(finding_in_child(scratch, NULL), OUTCOME_INFECTED);
	assert_int_equal(finding_in_child(missing, NULL), OUTCOME_NOT_SCANNED);
	assert_int_equal(finding_in_child(file, NULL), OUTCOME_NOT_SCANNED);
	assert_int_equal(finding_in_child(scratch, prepare_nothing_written), OUTCOME_NOT_SCANNED);
	assert_int_equal(finding_in_child(scratch, prepare_few_descriptors), OUTCOME_NOT_SCANNED);
	if ((got = finding_in_child(full, prepare_full_tmpfs)) == 99)
		print_message("no tmpfs can be mounted here: that case is left out\n");
	else
		assert_int_equal(got, OUTCOME_NOT_SCANNED);
}

/* Forked children draw the same temporary names; with a directory each, all of them find it. */
static void
test_children(void **state)
{
	struct engine_finding	f;
	char			dir[PATH_MAX + 64];
	int			status, i, n, found = 0;

	(void)state;
	for (n = 0; n < CHILDREN; n += 8) {
		for (i = 0; i < 8; i++)
			if (fork() == 0) {
				snprintf(dir, sizeof(dir), "%s/c%d", scratch, n + i);
				_exit(mkdir(dir, 0700) == 0 && child_finding(dir, 0, &f) == 0 ? (int)f.outcome : 99);
			}
		for (i = 0; i < 8; i++) {
			assert_true(wait(&status) > 0);
			found += WIFEXITED(status) && WEXITSTATUS(status) == OUTCOME_INFECTED;
		}
	}
	if (found != CHILDREN)
		fail_msg("got %d of %d", found, CHILDREN);
}

/* That libclamav's writes arrive in writes.c: the dynamic linker says to which file it binds them. */
static void
test_bindings(void **state)
{
	static const char *const calls[] = {
		"open64", "openat64", "fopen64", "fdopen", "mkdir", "write", "writev", "pwrite64", "pwritev", "ftruncate64",
		"fwrite", "fputs", "fputc", "fflush", "fclose",
	};
	char	exe[PATH_MAX], cmd[PATH_MAX + 128], line[1024], want[2 * PATH_MAX];
	int	seen[sizeof(calls) / sizeof(calls[0])] = { 0 };
	size_t	i;
	ssize_t	n;
	FILE	*f;

	(void)state;
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	assert_true(n > 0);
	exe[n] = '\0';
	snprintf(cmd, sizeof(cmd), "LD_BIND_NOW=1 LD_DEBUG=bindings '%s' --exit 2>&1", exe);
	assert_non_null(f = popen(cmd, "r"));
	while (fgets(line, sizeof(line), f) != NULL)
		for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
			snprintf(want, sizeof(want), "to %s [0]: normal symbol `%s'", exe, calls[i]);
			seen[i] |= strstr(line, "/libclamav.so") != NULL && strstr(line, want) != NULL;
		}
	pclose(f);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!seen[i])
			fail_msg("libclamav's %s() does not bind to writes.c", calls[i]);
}

/* ---- load ---- */

static void
test_bad_settings(void **state)
{
	struct scan_settings	 s;
	struct engine		*e;
	struct engine_info	*info;
	char			 err[256], dir[PATH_MAX + 64], file[PATH_MAX + 96];
	FILE			*f;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/bad", tmp);
	snprintf(file, sizeof(file), "%s/broken.ndb", dir);
	mkdir(dir, 0700);
	default_settings(&s);
	s.database = dir;
	s.scratch = scratch;
	assert_int_equal(engine_load(&s, &e, &info, err, sizeof(err)), -1);
	assert_null(e);
	assert_true(strlen(err) > 0);
	assert_non_null(f = fopen(file, "w"));
	fputs("this is no signature\n", f);
	fclose(f);
	assert_int_equal(engine_load(&s, &e, &info, err, sizeof(err)), -1);
	assert_true(strlen(err) > 0);
	s.database = database;
	s.DetectPUA = 1;
	s.include_pua = (char *)(uintptr_t)"Win,NetTool";
	s.exclude_pua = (char *)(uintptr_t)"Packed";
	assert_int_equal(engine_load(&s, &e, &info, err, sizeof(err)), -1);
	s.exclude_pua = NULL;
	assert_int_equal(engine_load(&s, &e, &info, err, sizeof(err)), 0);
	engine_info_free(info);
	engine_free(e);
}

static void
file_write(const char *dir, const char *name, const char *text)
{
	char	path[2 * PATH_MAX];
	FILE	*f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_non_null(f = fopen(path, "w"));
	fputs(text, f);
	fclose(f);
}

/* Own files: good ones join, broken ones are named and left out, the official signatures stay. */
static void
test_own_files(void **state)
{
	static const struct { const char *name, *text; int good; } own[] = {
		{ "good.ndb", "Own.Ndb:0:*:6f776e776f726430\n", 1 },
		{ "good.ldb", "Own.Ldb;Engine:81-255,Target:0;0;6f776e776f726431\n", 1 },
		{ "good.yara", "rule OwnYara { strings: $a = \"ownword2\" condition: $a }\n", 1 },
		{ "good.cdb", "Own.Cdb:CL_TYPE_ZIP:*:forbidden\\.scr:*:*:*:*:*:*\n", 1 },
		{ "good.hdb", "44d88612fea8a8f36de82e1278abb02f:68:Own.Hdb\n", 1 },
		{ "good.ign2", "Own.Ignored\n", 1 },
		{ "good.pwdb", "OwnPassword;Engine:81-255;0;swordfish\n", 1 },
		{ "ignored.ndb", "Own.Ignored:0:*:6f776e776f726433\n", 1 },
		{ "broken.ndb", "this is no signature\n", 0 },
		{ "broken.ldb", "Own.Broken;Engine:81-255,Target:0;(0&;zz\n", 0 },
		{ "broken.yara", "rule Broken { strings: $a = condition }\n", 0 },
		{ "broken.hdb", "zz:zz\n", 0 },
		{ "broken.cdb", "Own.Broken:CL_TYPE_ZIP\n", 0 },
		{ "README", "what lies here is mine\n", 1 },
	};
	static const struct { const char *text; enum outcome want; } words[] = {
		{ "a text with ownword0 in it", OUTCOME_INFECTED }, { "a text with ownword1 in it", OUTCOME_INFECTED },
		{ "a text with ownword2 in it", OUTCOME_INFECTED }, { "a text with ownword3 in it", OUTCOME_CLEAN },
	};
	struct zip_entry	 scr = { "forbidden.scr", "an ordinary text, long enough", 29, ZIP_STORED, 0, 0 };
	struct scan_settings	 s;
	struct engine_info	*info;
	struct engine		*e;
	struct object		 o;
	char			 dir[PATH_MAX + 64], dirs[2 * PATH_MAX + 128], err[256];
	size_t			 i;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/own", tmp);
	mkdir(dir, 0700);
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		file_write(dir, own[i].name, own[i].text);
	snprintf(dirs, sizeof(dirs), "%s/is-not-there,%s", tmp, dir);
	default_settings(&s);
	s.database = database;
	s.scratch = scratch;
	s.extra_databases = dirs;
	if (engine_load(&s, &e, &info, err, sizeof(err)) == -1)
		fail_msg("engine_load: %s", err);
	assert_int_equal(engine_scratch(e, scratch), 0);
	assert_non_null(info->left_out);
	assert_non_null(strstr(info->left_out, "is-not-there: No such file"));
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if ((strstr(info->left_out, own[i].name) == NULL) != own[i].good)
			fail_msg("%s: is %sleft out, want the contrary: %s", own[i].name,
			    strstr(info->left_out, own[i].name) != NULL ? "" : "not ", info->left_out);
	engine_info_free(info);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		object_begin(&o, words[i].text);
		buf_addz(&o.b, words[i].text);
		expect(e, &o, words[i].want, NULL);
	}
	object_begin(&o, "eicar beside own signatures");
	buf_addz(&o.b, eicar());
	expect(e, &o, OUTCOME_INFECTED, NULL);
	zip_of(&o, "own .cdb", &scr, 1);
	expect(e, &o, OUTCOME_INFECTED, NULL);
	engine_free(e);
}

/* Signatures' names decide the outcome. */
static void
test_names(void **state)
{
	static const struct { const char *name, *body; enum outcome want; } cases[] = {
		{ "PUA.Win.Tool.Test", "puaword0puaword0", OUTCOME_PUA },
		{ "Heuristics.Encrypted.Fake", "encword0encword0", OUTCOME_ENCRYPTED },
		{ "Heuristics.OLE2.ContainsMacros.VBA", "macword0macword0", OUTCOME_MACRO },
		{ "Heuristics.Phishing.Email", "phiword0phiword0", OUTCOME_INFECTED },
		{ "Some.Virus", "virword0virword0", OUTCOME_INFECTED },
	};
	struct scan_settings	 s;
	struct engine		*e;
	struct object		 o;
	char			 dir[PATH_MAX + 64], file[PATH_MAX + 96];
	const char		*p;
	size_t			 i;
	FILE			*f;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/names", tmp);
	snprintf(file, sizeof(file), "%s/names.ndb", dir);
	mkdir(dir, 0700);
	assert_non_null(f = fopen(file, "w"));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fprintf(f, "%s:0:*:", cases[i].name);
		for (p = cases[i].body; *p != '\0'; p++)
			fprintf(f, "%02x", (unsigned char)*p);
		fputc('\n', f);
	}
	fclose(f);
	default_settings(&s);
	s.database = dir;
	s.scratch = scratch;
	s.DetectPUA = 1;
	e = engine_with(&s);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		object_begin(&o, cases[i].name);
		buf_addf(&o.b, "before %s after", cases[i].body);
		expect(e, &o, cases[i].want, NULL);
	}
	/* Infected beats all, though the engine ends the search of a layer at a PUA. */
	object_begin(&o, "PUA, then a virus");
	buf_addf(&o.b, "before %s between %s after\n", cases[0].body, cases[4].body);
	expect(e, &o, OUTCOME_INFECTED, NULL);
	engine_free(e);
	s.HeuristicScanPrecedence = 1;
	e = engine_with(&s);
	object_begin(&o, "an alert with precedence, then a virus");
	buf_addf(&o.b, "before %s between %s after\n", cases[2].body, cases[4].body);
	expect(e, &o, OUTCOME_INFECTED, NULL);
	engine_free(e);
}

/* Plain signature files that speak of mail as a container switch the engine's own mail parser on at the top. */
static void
test_mail_at_top(void **state)
{
	static const struct { const char *container; enum outcome raw; } cases[] = {
		{ "", OUTCOME_CLEAN },
		{ "Container:CL_TYPE_MAIL,", OUTCOME_INFECTED },
	};
	static const char	 mail[] = "Received: from a by b\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: application/octet-stream; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	    "dmlyd29yZDB2aXJ3b3JkMCBhbmQgbW9yZSBvZiBpdA==\r\n";
	struct engine_finding	 f;
	struct scan_settings	 s;
	struct engine		*e;
	char			 dir[PATH_MAX + 64], file[PATH_MAX + 96];
	const char		*p;
	size_t			 i;
	FILE			*out;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(dir, sizeof(dir), "%s/mail%zu", tmp, i);
		snprintf(file, sizeof(file), "%s/x.ldb", dir);
		mkdir(dir, 0700);
		assert_non_null(out = fopen(file, "w"));
		fprintf(out, "In.Mail;Engine:81-255,%sTarget:0;0;", cases[i].container);
		for (p = "virword0virword0"; *p != '\0'; p++)
			fprintf(out, "%02x", (unsigned char)*p);
		fputc('\n', out);
		fclose(out);
		default_settings(&s);
		s.database = dir;
		s.scratch = scratch;
		e = engine_with(&s);
		engine_scan(e, mail, sizeof(mail) - 1, 1, NULL, &f);
		if (f.outcome != cases[i].raw)
			fail_msg("signature with \"%s\": got %s, want %s", cases[i].container,
			    outcome_str(f.outcome), outcome_str(cases[i].raw));
		assert_string_equal(f.real_type, "CL_TYPE_MAIL");
		engine_free(e);
	}
}

static int
setup(void **state)
{
	struct scan_settings	s;

	(void)state;
	snprintf(tmp, sizeof(tmp), "%s/hopward-test-engine.XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	if (mkdtemp(tmp) == NULL)
		return -1;
	snprintf(database, sizeof(database), "%s/db", tmp);
	snprintf(scratch, sizeof(scratch), "%s/scratch", tmp);
	if (mkdir(scratch, 0700) == -1 || database_make(database) != 0)
		return -1;
	default_settings(&s);
	s.database = database;
	s.scratch = scratch;
	/* The children are forked before anything was scanned, as in hopward-scan. */
	plain = engine_with(&s);
	return plain != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	engine_free(plain);
	remove_tree(tmp);
	return 0;
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_children),
		cmocka_unit_test(test_unwritable),
		cmocka_unit_test(test_bindings),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_virus_beside_unopened),
		cmocka_unit_test(test_unopened_kinds),
		cmocka_unit_test(test_zip_cut),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_html_limit),
		cmocka_unit_test(test_no_engine),
		cmocka_unit_test(test_testfiles),
		cmocka_unit_test(test_bad_settings),
		cmocka_unit_test(test_own_files),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_mail_at_top),
	};

	if (argc == 2 && strcmp(argv[1], "--exit") == 0)
		return 0;
	return cmocka_run_group_tests(tests, setup, teardown);
}
