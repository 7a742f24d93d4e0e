/* SPDX-License-Identifier: ISC */
/* The engine before any scan: settings into libclamav, signatures loaded and compiled, all that is opened lazily opened. */
/*
 * Called by scanner.c through engine.h, before the fork.  Signatures of the
 * database's directory must load or nothing does; files of the administrator's
 * own directories are tried alone before (engine_try.c), and one that is
 * broken is left out.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "scan/engine_int.h"

#define HUGE_PAGE	(2u * 1024 * 1024)
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25	/* Linux 6.1 */
#endif
#define PUA_CATS_MAX	1024
#define LEFT_OUT_MORE	64	/* room for "and N more files" */

/* ---- settings ---- */

static const struct num {
	const char		*name;
	enum cl_engine_field	 field;
	size_t			 at;
} nums[] = {
#define N(name, field)	{ #name, field, offsetof(struct scan_settings, name) }
	N(MaxScanTime, CL_ENGINE_MAX_SCANTIME),
	N(MaxScanSize, CL_ENGINE_MAX_SCANSIZE),
	N(MaxFileSize, CL_ENGINE_MAX_FILESIZE),
	N(MaxRecursion, CL_ENGINE_MAX_RECURSION),
	N(MaxFiles, CL_ENGINE_MAX_FILES),
	N(MaxEmbeddedPE, CL_ENGINE_MAX_EMBEDDEDPE),
	N(MaxHTMLNormalize, CL_ENGINE_MAX_HTMLNORMALIZE),
	N(MaxHTMLNoTags, CL_ENGINE_MAX_HTMLNOTAGS),
	N(MaxScriptNormalize, CL_ENGINE_MAX_SCRIPTNORMALIZE),
	N(MaxZipTypeRcg, CL_ENGINE_MAX_ZIPTYPERCG),
	N(MaxPartitions, CL_ENGINE_MAX_PARTITIONS),
	N(MaxIconsPE, CL_ENGINE_MAX_ICONSPE),
	N(MaxRecHWP3, CL_ENGINE_MAX_RECHWP3),
	N(PCREMatchLimit, CL_ENGINE_PCRE_MATCH_LIMIT),
	N(PCRERecMatchLimit, CL_ENGINE_PCRE_RECMATCH_LIMIT),
	N(PCREMaxFileSize, CL_ENGINE_PCRE_MAX_FILESIZE),
	N(BytecodeTimeout, CL_ENGINE_BYTECODE_TIMEOUT),
	N(StructuredMinCreditCardCount, CL_ENGINE_MIN_CC_COUNT),
	N(StructuredMinSSNCount, CL_ENGINE_MIN_SSN_COUNT),
	N(DisableCertCheck, CL_ENGINE_DISABLE_PE_CERTS),
	N(ForceToDisk, CL_ENGINE_FORCETODISK),
#undef N
};

static int
set_nums(struct cl_engine *cl, const struct scan_settings *s, char *err, size_t errlen)
{
	uint64_t	 v;
	cl_error_t	 rc;
	size_t		 i;

	for (i = 0; i < sizeof(nums) / sizeof(nums[0]); i++) {
		memcpy(&v, (const char *)s + nums[i].at, sizeof(v));
		/* Both switches are of the kind that only ever switches on. */
		if ((nums[i].field == CL_ENGINE_DISABLE_PE_CERTS || nums[i].field == CL_ENGINE_FORCETODISK) && v == 0)
			continue;
		if ((rc = cl_engine_set_num(cl, nums[i].field, (long long)v)) != CL_SUCCESS) {
			snprintf(err, errlen, "%s: the engine refuses %llu: %s", nums[i].name,
			    (unsigned long long)v, cl_strerror(rc));
			return -1;
		}
	}
	/* A cache would hide names inside archives, and dies with its process anyway. */
	if (cl_engine_set_num(cl, CL_ENGINE_DISABLE_CACHE, 1) != CL_SUCCESS) {
		snprintf(err, errlen, "the engine's cache cannot be switched off");
		return -1;
	}
	return 0;
}

#define FLAG(word, cond, bit) do { if (cond) (word) |= (bit); } while (0)

static void
set_options(struct cl_scan_options *o, const struct scan_settings *s)
{
	memset(o, 0, sizeof(*o));
	FLAG(o->general, s->HeuristicAlerts, CL_SCAN_GENERAL_HEURISTICS);
	FLAG(o->general, s->HeuristicScanPrecedence, CL_SCAN_GENERAL_HEURISTIC_PRECEDENCE);
	FLAG(o->parse, s->ScanArchive, CL_SCAN_PARSE_ARCHIVE);
	FLAG(o->parse, s->ScanELF, CL_SCAN_PARSE_ELF);
	FLAG(o->parse, s->ScanPDF, CL_SCAN_PARSE_PDF);
	FLAG(o->parse, s->ScanSWF, CL_SCAN_PARSE_SWF);
	FLAG(o->parse, s->ScanHWP3, CL_SCAN_PARSE_HWP3);
	FLAG(o->parse, s->ScanXMLDOCS, CL_SCAN_PARSE_XMLDOCS);
	FLAG(o->parse, s->ScanOLE2, CL_SCAN_PARSE_OLE2);
	FLAG(o->parse, s->ScanHTML, CL_SCAN_PARSE_HTML);
	FLAG(o->parse, s->ScanPE, CL_SCAN_PARSE_PE);
	FLAG(o->parse, s->ScanOneNote, CL_SCAN_PARSE_ONENOTE);
	FLAG(o->parse, s->ScanImage, CL_SCAN_PARSE_IMAGE);
	FLAG(o->parse, s->ScanImageFuzzyHash, CL_SCAN_PARSE_IMAGE_FUZZY_HASH);
	o->parse |= CL_SCAN_PARSE_MAIL;	/* an .eml inside a zip needs it; engine_scan() takes it off at the top */
	FLAG(o->heuristic, s->AlertBrokenExecutables, CL_SCAN_HEURISTIC_BROKEN);
	FLAG(o->heuristic, s->AlertBrokenMedia, CL_SCAN_HEURISTIC_BROKEN_MEDIA);
	FLAG(o->heuristic, s->AlertOLE2Macros, CL_SCAN_HEURISTIC_MACROS);
	FLAG(o->heuristic, s->AlertPhishingSSLMismatch, CL_SCAN_HEURISTIC_PHISHING_SSL_MISMATCH);
	FLAG(o->heuristic, s->AlertPhishingCloak, CL_SCAN_HEURISTIC_PHISHING_CLOAK);
	FLAG(o->heuristic, s->AlertPartitionIntersection, CL_SCAN_HEURISTIC_PARTITION_INTXN);
	FLAG(o->heuristic, s->StructuredDataDetection, CL_SCAN_HEURISTIC_STRUCTURED);
	FLAG(o->heuristic, s->StructuredSSNFormatNormal, CL_SCAN_HEURISTIC_STRUCTURED_SSN_NORMAL);
	FLAG(o->heuristic, s->StructuredSSNFormatStripped, CL_SCAN_HEURISTIC_STRUCTURED_SSN_STRIPPED);
	FLAG(o->heuristic, s->StructuredCCOnly, CL_SCAN_HEURISTIC_STRUCTURED_CC);
	FLAG(o->mail, s->ScanPartialMessages, CL_SCAN_MAIL_PARTIAL_MESSAGE);
	/* Without these three "clean" would be said of what was not scanned, whatever the settings say. */
	o->heuristic |= CL_SCAN_HEURISTIC_EXCEEDS_MAX | CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE |
	    CL_SCAN_HEURISTIC_ENCRYPTED_DOC;
}

/* "Win,NetTool" becomes ".Win.NetTool.", the form that the engine wants. */
static int
pua_categories(struct cl_engine *cl, const char *list)
{
	char	 cats[PUA_CATS_MAX];
	size_t	 n = 0, len;

	for (;;) {
		list += strspn(list, ", \t");
		if ((len = strcspn(list, ", \t")) == 0)
			break;
		if (n + len + 3 > sizeof(cats))
			return -1;
		cats[n++] = '.';
		memcpy(cats + n, list, len);
		n += len;
		list += len;
	}
	cats[n++] = '.';
	cats[n] = '\0';
	return cl_engine_set_str(cl, CL_ENGINE_PUA_CATEGORIES, cats) == CL_SUCCESS ? 0 : -1;
}

static int
db_options(struct cl_engine *cl, const struct scan_settings *s, unsigned int *out, char *err, size_t errlen)
{
	unsigned int	 o = 0;
	const char	*cats = s->include_pua != NULL ? s->include_pua : s->exclude_pua;

	FLAG(o, s->PhishingSignatures, CL_DB_PHISHING);
	FLAG(o, s->PhishingScanURLs, CL_DB_PHISHING_URLS);
	FLAG(o, s->Bytecode, CL_DB_BYTECODE);
	FLAG(o, s->OfficialDatabaseOnly, CL_DB_OFFICIAL_ONLY);
	FLAG(o, s->DetectPUA, CL_DB_PUA);
	if (s->DetectPUA && cats != NULL) {
		if (s->include_pua != NULL && s->exclude_pua != NULL) {
			snprintf(err, errlen, "categories of PUA to include and to exclude are given both");
			return -1;
		}
		o |= s->include_pua != NULL ? CL_DB_PUA_INCLUDE : CL_DB_PUA_EXCLUDE;
		if (pua_categories(cl, cats) == -1) {
			snprintf(err, errlen, "list of PUA categories is too long");
			return -1;
		}
	}
	*out = o;
	return 0;
}

/* ---- loading ---- */

static int
file_mentions(int dir, const char *name, const char *word)
{
	char	*line = NULL;
	size_t	 size = 0;
	FILE	*f;
	int	 fd, found = 0;

	if ((fd = openat(dir, name, O_RDONLY | O_CLOEXEC)) == -1)
		return 0;
	if ((f = fdopen(fd, "r")) == NULL) {
		close(fd);
		return 0;
	}
	while (!found && getline(&line, &size, f) != -1)
		found = strstr(line, word) != NULL;
	free(line);
	fclose(f);
	return found;
}

/* One look at the directory: the newest file, and whether a plain signature file speaks of mail as a container. */
static void
look_at_database(const char *path, uint64_t *newest, int *mail)
{
	struct dirent	*e;
	struct stat	 st;
	const char	*dot;
	DIR		*d;

	if ((d = opendir(path)) == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || fstatat(dirfd(d), e->d_name, &st, 0) == -1 || !S_ISREG(st.st_mode))
			continue;
		if ((uint64_t)st.st_mtime > *newest)
			*newest = (uint64_t)st.st_mtime;
		if ((dot = strrchr(e->d_name, '.')) == NULL)
			continue;
		if (strcmp(dot, ".ldb") == 0 || strcmp(dot, ".ldu") == 0)
			*mail |= file_mentions(dirfd(d), e->d_name, "Container:CL_TYPE_MAIL");
		else if (strcmp(dot, ".cdb") == 0)
			*mail |= file_mentions(dirfd(d), e->d_name, ":CL_TYPE_MAIL:");
	}
	closedir(d);
}

static void
look_at_databases(const struct scan_settings *s, uint64_t *newest, int *mail)
{
	char		 dir[PATH_MAX];
	const char	*p = s->extra_databases;

	look_at_database(s->database, newest, mail);
	while (own_next(&p, dir, sizeof(dir)))
		look_at_database(dir, newest, mail);
}

/*
 * What libclamav and the libraries below it open at first use, a sandboxed
 * worker can no longer open, and they then detect less without a word.  The
 * converters stay open: the C library unloads modules that nobody uses.
 */
static int
open_lazy(struct engine *e)
{
	static const char *const charsets[] = {
		"ASCII", "UTF-8", "UTF-7", "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE", "UTF-32BE", "UCS-2", "UCS-4",
		"ISO-8859-1", "ISO-8859-2", "ISO-8859-3", "ISO-8859-4", "ISO-8859-5", "ISO-8859-6", "ISO-8859-7",
		"ISO-8859-8", "ISO-8859-9", "ISO-8859-10", "ISO-8859-13", "ISO-8859-14", "ISO-8859-15", "ISO-8859-16",
		"CP437", "CP737", "CP775", "CP850", "CP852", "CP855", "CP857", "CP858", "CP860", "CP861", "CP862", "CP863",
		"CP864", "CP865", "CP866", "CP869", "CP874", "CP932", "CP936", "CP949", "CP950",
		"CP1250", "CP1251", "CP1252", "CP1253", "CP1254", "CP1255", "CP1256", "CP1257", "CP1258", "CP1361",
		"MACINTOSH", "KOI8-R", "KOI8-U", "TIS-620", "GBK", "GB2312", "GB18030", "BIG5", "BIG5-HKSCS",
		"SHIFT_JIS", "EUC-JP", "EUC-KR", "EUC-TW", "EUC-CN", "ISO-2022-JP", "ISO-2022-KR", "ISO-2022-CN", "JOHAB",
		"IBM037", "IBM500", "IBM1047", "ARMSCII-8", "GEORGIAN-PS", "VISCII", "TCVN5712-1", "HZ",
	};
	static const char *const targets[] = { "UTF-16BE", "UTF-8", "UTF-8//TRANSLIT" };
	unsigned char	 digest[SHA256_HASH_SIZE];
	struct tm	 tm;
	time_t		 now = time(NULL);
	size_t		 i, j;
	iconv_t		 cd;

	e->converters = calloc(sizeof(charsets) / sizeof(charsets[0]) * (sizeof(targets) / sizeof(targets[0])), sizeof(cd));
	if (e->converters == NULL)
		return -1;
	for (i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++)
		for (j = 0; j < sizeof(targets) / sizeof(targets[0]); j++)
			if ((cd = iconv_open(targets[j], charsets[i])) != (iconv_t)-1)
				e->converters[e->converters_count++] = cd;
	tzset();
	localtime_r(&now, &tm);
	/* Each digest that libclamav asks OpenSSL for loads its provider's method. */
	cl_sha256("x", 1, digest, NULL);
	cl_sha1("x", 1, digest, NULL);
	cl_hash_data("md5", "x", 1, digest, NULL);
	return 0;
}

/* Lines "FILE: why" of what was left out; the first ones where there is no room for all. */
static char *
left_out(const struct own_files *own)
{
	const struct own_file	*f;
	struct buf		 b;
	size_t			 i, more = 0;

	buf_init(&b, ENGINE_LEFT_OUT_MAX + 1);
	for (i = 0; i < own->count; i++) {
		f = &own->list[i];
		if (f->why == NULL)
			continue;
		log_error("signatures left out: %s: %s", f->path, f->why);
		if (b.len + strlen(f->path) + strlen(f->why) + LEFT_OUT_MORE < ENGINE_LEFT_OUT_MAX)
			buf_addf(&b, "%s%s: %s", b.len > 0 ? "\n" : "", f->path, f->why);
		else
			more++;
	}
	if (more > 0)
		buf_addf(&b, "%s%zu more files", b.len > 0 ? "\nand " : "", more);
	return b.len > 0 ? buf_steal(&b, NULL) : NULL;
}

static int
info_make(const struct engine *e, const struct own_files *own, uint64_t newest, unsigned int sigs,
    uint64_t load_ms, struct engine_info **out)
{
	struct engine_info	*info;
	long long		 n;

	if ((info = calloc(1, sizeof(*info))) == NULL)
		return -1;
	if ((info->version = strdup(cl_retver())) == NULL || (info->sandbox = strdup("none")) == NULL) {
		engine_info_free(info);
		return -1;
	}
	if (e != NULL) {
		n = cl_engine_get_num(e->cl, CL_ENGINE_DB_VERSION, NULL);
		info->db_version = n > 0 ? (uint32_t)n : 0;
		n = cl_engine_get_num(e->cl, CL_ENGINE_DB_TIME, NULL);
		info->db_time = n > 0 ? (uint64_t)n : newest;
	}
	info->left_out = left_out(own);
	info->signatures = sigs;
	info->load_ms = load_ms;
	*out = info;
	return 0;
}

struct cl_engine *
engine_empty(const struct scan_settings *s, unsigned int *options, char *err, size_t errlen)
{
	struct cl_engine	*cl;

	if ((cl = cl_engine_new()) == NULL) {
		snprintf(err, errlen, "no memory for the engine");
		return NULL;
	}
	if (set_nums(cl, s, err, errlen) == -1 || db_options(cl, s, options, err, errlen) == -1)
		goto fail;
	if (s->scratch != NULL && cl_engine_set_str(cl, CL_ENGINE_TMPDIR, s->scratch) != CL_SUCCESS) {
		snprintf(err, errlen, "no memory for the engine");
		goto fail;
	}
	return cl;
fail:
	cl_engine_free(cl);
	return NULL;
}

/* One more file or directory into the engine. */
static int
load_path(struct engine *e, const char *path, unsigned int options, unsigned int *sigs, char *err, size_t errlen)
{
	cl_error_t	rc;

	if ((rc = cl_load(path, e->cl, sigs, options)) == CL_SUCCESS)
		return 0;
	snprintf(err, errlen, "%s", cl_strerror(rc));
	return -1;
}

/* The own files of one kind.  0; 1: one failed and is put down as left out; -1: no memory. */
static int
load_own(struct engine *e, struct own_files *own, int first, unsigned int options, unsigned int *sigs)
{
	char	err[256];
	size_t	i;

	for (i = 0; i < own->count; i++) {
		if (own->list[i].why != NULL || own->list[i].first != first)
			continue;
		if (load_path(e, own->list[i].path, options, sigs, err, sizeof(err)) == 0)
			continue;
		return own_leave_out(&own->list[i], err);
	}
	return 0;
}

/*
 * 0; 1: with one file less it may do, the engine is to be begun anew; -1: not at all.
 * Lists of signatures to be ignored come first, as they hold for what is loaded after them.
 */
static int
load_once(struct engine *e, const struct scan_settings *s, struct own_files *own, unsigned int *sigs, char *err,
    size_t errlen)
{
	unsigned int	 options;
	cl_error_t	 rc;
	char		 why[256];
	size_t		 i;
	int		 some = 0, bad;

	snprintf(err, errlen, "no memory for the engine");
	*sigs = 0;
	if (e->cl != NULL)
		cl_engine_free(e->cl);
	if ((e->cl = engine_empty(s, &options, err, errlen)) == NULL)
		return -1;
	if ((bad = load_own(e, own, 1, options, sigs)) != 0)
		return bad;
	*sigs = 0;
	if (load_path(e, s->database, options, sigs, why, sizeof(why)) == -1) {
		snprintf(err, errlen, "database %s: %s", s->database, why);
		return -1;
	}
	if (*sigs == 0) {
		snprintf(err, errlen, "database %s: no signatures in it", s->database);
		return -1;
	}
	if ((bad = load_own(e, own, 0, options, sigs)) != 0)
		return bad;
	if ((rc = cl_engine_compile(e->cl)) == CL_SUCCESS)
		return 0;
	/* Which of them it was, nobody says: the official ones come first. */
	for (i = 0; i < own->count; i++)
		if (own->list[i].why == NULL) {
			some = 1;
			if (own_leave_out(&own->list[i], "does not compile with the others") == -1)
				return -1;
		}
	snprintf(err, errlen, "database %s: compiling: %s", s->database, cl_strerror(rc));
	return some ? 1 : -1;
}

static int
load(struct engine *e, const struct scan_settings *s, struct own_files *own, unsigned int *sigs, char *err, size_t errlen)
{
	int	rc;

	/* Each round leaves out one file at least. */
	while ((rc = load_once(e, s, own, sigs, err, errlen)) == 1)
		continue;
	if (rc == 0)
		engine_callbacks(e->cl);
	return rc;
}

int
engine_load(const struct scan_settings *s, struct engine **out, struct engine_info **info, char *err, size_t errlen)
{
	struct own_files own = { 0 };
	struct engine	*e = NULL;
	unsigned int	 sigs = 0;
	uint64_t	 start = clock_mono_ns(), newest = 0;
	cl_error_t	 rc;
	int		 mail = 0, ret = -1;

	*out = NULL;
	*info = NULL;
	err[0] = '\0';
	if (s->database == NULL)
		return info_make(NULL, &own, 0, 0, 0, info);
	engine_listen();
	if ((rc = cl_init(CL_INIT_DEFAULT)) != CL_SUCCESS) {
		snprintf(err, errlen, "libclamav does not start: %s", cl_strerror(rc));
		return -1;
	}
	if ((e = calloc(1, sizeof(*e))) == NULL || own_find(s, &own) == -1) {
		snprintf(err, errlen, "no memory for the engine");
		goto out;
	}
	own_try(s, &own);
	if (load(e, s, &own, &sigs, err, errlen) == -1)
		goto out;
	look_at_databases(s, &newest, &mail);
	set_options(&e->options, s);
	e->mail_at_top = s->ScanMail || s->PhishingScanURLs || mail;
	e->precedence = s->HeuristicScanPrecedence != 0;
	e->max_filesize = s->MaxFileSize;
	e->max_html = s->MaxHTMLNormalize;
	e->max_scantime = s->MaxScanTime;
	e->members_max = s->MaxFiles != 0 && s->MaxFiles < SCAN_MEMBERS_MAX ? s->MaxFiles : SCAN_MEMBERS_MAX;
	if (open_lazy(e) == -1 ||
	    info_make(e, &own, newest, sigs, (clock_mono_ns() - start) / 1000000, info) == -1) {
		snprintf(err, errlen, "no memory for the engine");
		goto out;
	}
	*out = e;
	e = NULL;
	ret = 0;
out:
	own_free(&own);
	engine_free(e);
	return ret;
}

void
engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	layers_free(e->members);
	if (e->cl != NULL)
		cl_engine_free(e->cl);
	while (e->converters_count > 0)
		iconv_close(e->converters[--e->converters_count]);
	free(e->converters);
	free(e);
}

/* Page by page: a range fails as a whole if one page of it cannot be collapsed. */
static uint64_t
collapse_range(unsigned long from, unsigned long to)
{
	unsigned long	at;
	uint64_t	done = 0;

	from = (from + HUGE_PAGE - 1) & ~((unsigned long)HUGE_PAGE - 1);
	for (at = from; at < to && to - at >= HUGE_PAGE; at += HUGE_PAGE)
		if (madvise((void *)at, HUGE_PAGE, MADV_COLLAPSE) == 0)
			done += HUGE_PAGE;
	return done;
}

uint64_t
engine_collapse(void)
{
	unsigned long	 from, to, inode;
	char		 perms[5], line[4096 + 128];
	uint64_t	 done = 0;
	FILE		*f;

	if ((f = fopen("/proc/self/maps", "re")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%lx-%lx %4s %*s %*s %lu", &from, &to, perms, &inode) != 4)
			continue;
		if (strcmp(perms, "rw-p") == 0 && inode == 0 && strstr(line, "[stack") == NULL)
			done += collapse_range(from, to);
	}
	fclose(f);
	return done;
}
