/* SPDX-License-Identifier: ISC */
/* libclamav, and nothing else: load, share, scan one object from memory, say honestly what came of it. */
/*
 * Called by scanner.c before the fork (load, collapse) and by worker.c after
 * it (scratch, scan).  Single-threaded.  "Clean" is said only if every layer
 * was opened and every octet scanned, which libclamav itself does not promise:
 * it says clean when it cannot write, when a member's method is unknown to it,
 * and of what it cut at a limit.  Therefore the alerts for limits and encryption
 * are always on (what follows from them is the policy's business), failed
 * writes are counted in writes.c, and layers.c counts the members of each
 * container.  It does not parse mail (mime.c) and knows no policy.
 *
 * Known gaps: objects and members of at most LAYER_MIN octets are not looked
 * at by libclamav; .cvd and .cld files are not searched for signatures that
 * need the engine's own mail parser, ScanMail is there for those who use such.
 */
#include <clamav.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "scan/engine.h"
#include "scan/layers.h"
#include "scan/writes.h"

#define HUGE_PAGE	(2u * 1024 * 1024)
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25	/* Linux 6.1 */
#endif
/*
 * Unpackers stop at MaxFileSize without a word if the member's header lied
 * about its size.  They stop at a whole buffer, the largest of which is this.
 */
#define TRIM_SLACK	(64u * 1024)
#define PUA_CATS_MAX	1024

struct engine {
	struct cl_engine	*cl;
	struct cl_scan_options	 options;	/* for objects; for the message without PARSE_MAIL */
	int			 mail_at_top;
	int			 precedence;
	uint64_t		 max_filesize;
	uint64_t		 max_html;
	uint64_t		 max_scantime;
	iconv_t			*converters;
	size_t			 converters_count;
	char			 scratch[4096];
};

/* One engine_scan(), reached by libclamav's callbacks through their context. */
struct scan {
	struct engine_finding	*finding;
	struct layers		*layers;
	const struct engine	*engine;
	char			 error[96];	/* first CL_MSG_ERROR */
	int			 limit;		/* some limit was reached: members left out are its doing */
	int			 again;		/* the scan may have ended at less than a virus */
};

/* ---- findings ---- */

static void
copy_text(char *to, size_t size, const char *from)
{
	size_t	i;

	for (i = 0; from[i] != '\0' && i + 1 < size; i++)
		to[i] = (unsigned char)from[i] < 0x20 || from[i] == 0x7f ? '?' : from[i];
	to[i] = '\0';
}

/* The gravest finding stays; among equals the first. */
static void
note(struct scan *sc, enum outcome outcome, const char *signature, const char *detail)
{
	struct engine_finding *f = sc->finding;

	if (outcome == OUTCOME_LIMIT || outcome == OUTCOME_TIMEOUT)
		sc->limit = 1;
	if (outcome == f->outcome || outcome_worse(f->outcome, outcome) == f->outcome)
		return;
	f->outcome = outcome;
	copy_text(f->signature, sizeof(f->signature), signature);
	copy_text(f->detail, sizeof(f->detail), detail);
}

/* Longer prefixes stand before shorter ones; an empty detail with `rest` means: what follows the prefix. */
static const struct alert {
	const char	*prefix;
	enum outcome	 outcome;
	int		 rest;
} alerts[] = {
	{ "Heuristics.Limits.Exceeded.MaxScanTime",	OUTCOME_TIMEOUT,	0 },
	{ "Heuristics.Limits.Exceeded.",		OUTCOME_LIMIT,		1 },
	{ "Heuristics.Limits.Exceeded",			OUTCOME_LIMIT,		0 },
	{ "Heuristics.Encrypted.",			OUTCOME_ENCRYPTED,	1 },
	{ "Heuristics.OLE2.ContainsMacros",		OUTCOME_MACRO,		0 },
	{ "PUA.",					OUTCOME_PUA,		0 },
};

static void
note_alert(struct scan *sc, const char *name)
{
	size_t	i, len;

	if (name == NULL || name[0] == '\0')
		return;
	for (i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
		len = strlen(alerts[i].prefix);
		if (strncmp(name, alerts[i].prefix, len) != 0)
			continue;
		if (alerts[i].outcome == OUTCOME_PUA)
			sc->again = 1;
		if (alerts[i].outcome == OUTCOME_TIMEOUT)
			note(sc, OUTCOME_TIMEOUT, name, "MaxScanTime");
		else
			note(sc, alerts[i].outcome, name, alerts[i].rest ? name + len : "");
		return;
	}
	note(sc, OUTCOME_INFECTED, name, "");
}

/* ---- libclamav's callbacks ---- */

static cl_error_t
on_meta(const char *container, unsigned long csize, const char *name, unsigned long size,
    int encrypted, unsigned int pos, void *ctx)
{
	struct scan *sc = ctx;

	if (sc != NULL)
		layers_member(sc->layers, container, name, csize, size, encrypted, pos);
	return CL_CLEAN;
}

static cl_error_t
on_layer(int fd, const char *type, const char **ancestors, size_t parent_size, const char *name,
    size_t size, const char *data, uint32_t level, uint32_t attributes, void *ctx)
{
	struct scan *sc = ctx;

	(void)fd;
	(void)ancestors;
	(void)parent_size;
	if (sc == NULL)
		return CL_CLEAN;
	if (level == 0)
		copy_text(sc->finding->real_type, sizeof(sc->finding->real_type), type);
	else if (sc->engine->max_filesize > TRIM_SLACK && size > sc->engine->max_filesize - TRIM_SLACK)
		note(sc, OUTCOME_LIMIT, "", "MaxFileSize");
	/* HTML is scanned in its normalized form only, and beyond this there is none. */
	if (size > sc->engine->max_html && strncmp(type, "CL_TYPE_HTML", 12) == 0)
		note(sc, OUTCOME_LIMIT, "", "MaxHTMLNormalize");
	layers_enter(sc->layers, type, name, data, size, level,
	    (attributes & LAYER_ATTRIBUTES_NORMALIZED) != 0);
	return CL_CLEAN;
}

/* Heuristic alerts do not end a scan and only the last is returned; here each is seen as it comes. */
static cl_error_t
on_layer_end(int fd, int result, const char *virname, void *ctx)
{
	struct scan *sc = ctx;

	(void)fd;
	(void)result;
	if (sc == NULL)
		return CL_CLEAN;
	note_alert(sc, virname);
	layers_leave(sc->layers);
	return CL_CLEAN;
}

static void
on_virus(int fd, const char *virname, void *ctx)
{
	(void)fd;
	if (ctx != NULL)
		note_alert(ctx, virname);
}

/* Errors that speak of the data, not of us: no retry would open it. */
static int
is_damage(const char *error)
{
	static const char *const prefixes[] = { "cli_scanxz: decompress error", "cli_scanxz: premature end" };
	size_t	i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(error, prefixes[i], strlen(prefixes[i])) == 0)
			return 1;
	return 0;
}

static void
on_message(enum cl_msg severity, const char *full, const char *msg, void *ctx)
{
	struct scan *sc = ctx;

	(void)full;
	if (sc == NULL) {
		if (severity == CL_MSG_ERROR)
			log_error("engine: %.*s", (int)strcspn(msg, "\n"), msg);
		else if (severity == CL_MSG_WARN)
			log_warn("engine: %.*s", (int)strcspn(msg, "\n"), msg);
		return;
	}
	/* An error of ours outdoes one of the data's. */
	if (severity == CL_MSG_ERROR && (sc->error[0] == '\0' || is_damage(sc->error))) {
		copy_text(sc->error, sizeof(sc->error), msg);
		sc->error[strcspn(sc->error, "?\n")] = '\0';
		if (sc->error[0] == '\0')
			copy_text(sc->error, sizeof(sc->error), "error");
	}
}

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

static int
info_make(const struct engine *e, uint64_t newest, unsigned int sigs,
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
	info->signatures = sigs;
	info->load_ms = load_ms;
	*out = info;
	return 0;
}

static int
load(struct engine *e, const struct scan_settings *s, unsigned int *sigs, char *err, size_t errlen)
{
	unsigned int	options;
	cl_error_t	rc;

	if ((e->cl = cl_engine_new()) == NULL) {
		snprintf(err, errlen, "no memory for the engine");
		return -1;
	}
	if (set_nums(e->cl, s, err, errlen) == -1 || db_options(e->cl, s, &options, err, errlen) == -1)
		return -1;
	if (s->scratch != NULL && cl_engine_set_str(e->cl, CL_ENGINE_TMPDIR, s->scratch) != CL_SUCCESS) {
		snprintf(err, errlen, "no memory for the engine");
		return -1;
	}
	if ((rc = cl_load(s->database, e->cl, sigs, options)) != CL_SUCCESS) {
		snprintf(err, errlen, "database %s: %s", s->database, cl_strerror(rc));
		return -1;
	}
	if (*sigs == 0) {
		snprintf(err, errlen, "database %s: no signatures in it", s->database);
		return -1;
	}
	if ((rc = cl_engine_compile(e->cl)) != CL_SUCCESS) {
		snprintf(err, errlen, "database %s: compiling: %s", s->database, cl_strerror(rc));
		return -1;
	}
	cl_engine_set_clcb_meta(e->cl, on_meta);
	cl_engine_set_clcb_file_inspection(e->cl, on_layer);
	cl_engine_set_clcb_post_scan(e->cl, on_layer_end);
	cl_engine_set_clcb_virus_found(e->cl, on_virus);
	return 0;
}

int
engine_load(const struct scan_settings *s, struct engine **out, struct engine_info **info, char *err, size_t errlen)
{
	struct engine	*e = NULL;
	unsigned int	 sigs = 0;
	uint64_t	 start = clock_mono_ns(), newest = 0;
	cl_error_t	 rc;
	int		 mail = 0, ret = -1;

	*out = NULL;
	*info = NULL;
	err[0] = '\0';
	if (s->database == NULL)
		return info_make(NULL, 0, 0, 0, info);
	cl_set_clcb_msg(on_message);
	if ((rc = cl_init(CL_INIT_DEFAULT)) != CL_SUCCESS) {
		snprintf(err, errlen, "libclamav does not start: %s", cl_strerror(rc));
		return -1;
	}
	if ((e = calloc(1, sizeof(*e))) == NULL) {
		snprintf(err, errlen, "no memory for the engine");
		return -1;
	}
	if (load(e, s, &sigs, err, errlen) == -1)
		goto out;
	look_at_database(s->database, &newest, &mail);
	set_options(&e->options, s);
	e->mail_at_top = s->ScanMail || s->PhishingScanURLs || mail;
	e->precedence = s->HeuristicScanPrecedence != 0;
	e->max_filesize = s->MaxFileSize;
	e->max_html = s->MaxHTMLNormalize;
	e->max_scantime = s->MaxScanTime;
	if (open_lazy(e) == -1 || info_make(e, newest, sigs, (clock_mono_ns() - start) / 1000000, info) == -1) {
		snprintf(err, errlen, "no memory for the engine");
		goto out;
	}
	*out = e;
	e = NULL;
	ret = 0;
out:
	engine_free(e);
	return ret;
}

void
engine_free(struct engine *e)
{
	if (e == NULL)
		return;
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

/* ---- in a worker ---- */

int
engine_scratch(struct engine *e, const char *dir)
{
	if (e == NULL)
		return 0;
	if (strlen(dir) >= sizeof(e->scratch))
		return -1;
	copy_text(e->scratch, sizeof(e->scratch), dir);
	writes_scratch(e->scratch);
	return cl_engine_set_str(e->cl, CL_ENGINE_TMPDIR, e->scratch) == CL_SUCCESS ? 0 : -1;
}

void
engine_time_limit(struct engine *e, uint64_t ms)
{
	if (e == NULL)
		return;
	if (ms == 0 || (e->max_scantime != 0 && ms > e->max_scantime))
		ms = e->max_scantime;
	cl_engine_set_num(e->cl, CL_ENGINE_MAX_SCANTIME, (long long)ms);
}

static void
note_result(struct scan *sc, cl_error_t rc, const char *virname, int error, const char *call)
{
	char	detail[128];

	switch (rc) {
	case CL_SUCCESS:
		break;
	case CL_VIRUS:
		note_alert(sc, virname);
		break;
	case CL_ETIMEOUT:
		note(sc, OUTCOME_TIMEOUT, "", "MaxScanTime");
		break;
	case CL_EMAXREC:
		note(sc, OUTCOME_LIMIT, "", "MaxRecursion");
		break;
	case CL_EMAXSIZE:
		note(sc, OUTCOME_LIMIT, "", "MaxScanSize");
		break;
	case CL_EMAXFILES:
		note(sc, OUTCOME_LIMIT, "", "MaxFiles");
		break;
	default:
		snprintf(detail, sizeof(detail), "engine: %s", cl_strerror(rc));
		/* The cause that we saw says more than the engine's general word. */
		if (error == 0)
			note(sc, OUTCOME_NOT_SCANNED, "", detail);
	}
	if (error != 0) {
		snprintf(detail, sizeof(detail), "%s: %s", call, strerrorname_np(error));
		note(sc, OUTCOME_NOT_SCANNED, "", detail);
	} else if (sc->error[0] != '\0') {
		snprintf(detail, sizeof(detail), "engine: %s", sc->error);
		note(sc, is_damage(sc->error) ? OUTCOME_UNOPENED : OUTCOME_NOT_SCANNED, "", detail);
	}
}

/* What the account of members says of this pass. */
static void
note_layers(struct scan *sc)
{
	layers_end(sc->layers);
	if (layers_failed(sc->layers))
		note(sc, OUTCOME_LIMIT, "", "members");
	if (layers_encrypted(sc->layers) != NULL)
		note(sc, OUTCOME_ENCRYPTED, "", layers_encrypted(sc->layers));
	if (layers_unopened(sc->layers) != NULL && !sc->limit)
		note(sc, OUTCOME_UNOPENED, "", layers_unopened(sc->layers));
}

static void
scan_pass(struct engine *e, struct scan *sc, struct cl_scan_options *options, const void *data, size_t len,
    const char *name)
{
	unsigned long		 scanned = 0;
	const char		*virname = NULL, *call;
	cl_fmap_t		*map;
	cl_error_t		 rc;
	int			 error;

	sc->layers = layers_new();
	map = cl_fmap_open_memory(data, len);
	if (sc->layers == NULL || map == NULL) {
		note(sc, OUTCOME_NOT_SCANNED, "", "engine: no memory");
		goto out;
	}
	writes_watch();
	rc = cl_scanmap_callback(map, name, &virname, &scanned, e->cl, options, sc);
	error = writes_unwatch(&call);
	note_result(sc, rc, virname, error, call);
	note_layers(sc);
	if (rc == CL_VIRUS && e->precedence)
		sc->again = 1;
out:
	if (map != NULL)
		cl_fmap_close(map);
	layers_free(sc->layers);
	sc->layers = NULL;
}

void
engine_scan(struct engine *e, const void *data, size_t len, int raw_mail, const char *name, struct engine_finding *f)
{
	struct cl_scan_options	options;
	struct scan		sc = { .finding = f, .engine = e };

	memset(f, 0, sizeof(*f));
	f->outcome = OUTCOME_CLEAN;
	if (e == NULL) {
		note(&sc, OUTCOME_NOT_SCANNED, "", "no engine");
		return;
	}
	if (len <= LAYER_MIN)
		return;
	/* The engine would pass it over, or scan none of it. */
	if (e->max_filesize != 0 && len > e->max_filesize) {
		note(&sc, OUTCOME_LIMIT, "", "MaxFileSize");
		return;
	}
	options = e->options;
	if (raw_mail && !e->mail_at_top)
		options.parse &= ~(uint32_t)CL_SCAN_PARSE_MAIL;
	scan_pass(e, &sc, &options, data, len, name);
	/*
	 * A PUA signature ends the search of its layer, with precedence any
	 * alert that of the object: what else is there is seen by a pass that
	 * goes on after every match.
	 */
	if (sc.again && f->outcome != OUTCOME_INFECTED) {
		options.general |= CL_SCAN_GENERAL_ALLMATCHES;
		scan_pass(e, &sc, &options, data, len, name);
	}
}
