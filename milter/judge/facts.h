/* SPDX-License-Identifier: ISC */
/* What is asked of a scanner and what was seen of a message: plain data, kept raw, with the wire forms. */
#ifndef HOPWARD_JUDGE_FACTS_H
#define HOPWARD_JUDGE_FACTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * The only header that the front, the scanner and hopwardctl share.  Facts
 * hold no opinion: no action, no policy.  Encode and decode stand side by side
 * in facts.c; decoders re-check every number (the sender may be a hijacked
 * scanner), end with no octet left, and give NULL members for what was absent.
 */

/* ---- outcomes: what scanning one object came to ---- */

#define OUTCOMES(X)							\
	X(CLEAN, "clean")		/* every octet of it was scanned */	\
	X(INFECTED, "infected")							\
	X(PUA, "pua")			/* possibly unwanted application */	\
	X(ENCRYPTED, "encrypted")	/* so it could not be scanned */	\
	X(MACRO, "macro")							\
	X(BLOCKED, "blocked")		/* its name or type; set by the judge */ \
	X(AMBIGUOUS, "ambiguous")	/* readers differ about its MIME */	\
	X(LIMIT, "limit")		/* a bound was reached; detail says which */ \
	X(UNOPENED, "unopened")		/* a container that nothing opened */	\
	X(TIMEOUT, "timeout")							\
	X(CRASH, "crash")							\
	X(UNAVAILABLE, "unavailable")	/* no scanner */			\
	X(NOT_SCANNED, "not-scanned")	/* detail says why */

enum outcome {
#define X(e, s) OUTCOME_##e,
	OUTCOMES(X)
#undef X
	OUTCOME_MAX
};

const char	*outcome_str(enum outcome);
int		 outcome_parse(const char *, enum outcome *);	/* 0 or -1 */
/* The graver of two, for a message's summary: infected first, clean last (order in facts.c). */
enum outcome	 outcome_worse(enum outcome, enum outcome);

/* ---- what is asked: settings of a generation of scanners ---- */

/*
 * Engine settings under clamd.conf's own names.  X(name, kind, default): kinds
 * SIZE (octets), TIME (ms), COUNT, BOOL.  The configuration's key table, the
 * wire form and the engine are all made from this list.
 */
#define SCAN_ENGINE_SETTINGS(X)				\
	X(MaxScanTime, TIME, "120s")			\
	X(MaxScanSize, SIZE, "400MB")			\
	X(MaxFileSize, SIZE, "100MB")			\
	X(MaxRecursion, COUNT, "17")			\
	X(MaxFiles, COUNT, "10000")			\
	X(MaxEmbeddedPE, SIZE, "40MB")			\
	X(MaxHTMLNormalize, SIZE, "40MB")		\
	X(MaxHTMLNoTags, SIZE, "8MB")			\
	X(MaxScriptNormalize, SIZE, "20MB")		\
	X(MaxZipTypeRcg, SIZE, "1MB")			\
	X(MaxPartitions, COUNT, "50")			\
	X(MaxIconsPE, COUNT, "100")			\
	X(MaxRecHWP3, COUNT, "16")			\
	X(PCREMatchLimit, COUNT, "100000")		\
	X(PCRERecMatchLimit, COUNT, "2000")		\
	X(PCREMaxFileSize, SIZE, "100MB")		\
	X(BytecodeTimeout, TIME, "5s")			\
	X(DetectPUA, BOOL, "false")			\
	X(OfficialDatabaseOnly, BOOL, "false")		\
	X(Bytecode, BOOL, "true")			\
	X(PhishingSignatures, BOOL, "true")		\
	X(PhishingScanURLs, BOOL, "false")		\
	X(HeuristicAlerts, BOOL, "true")		\
	X(HeuristicScanPrecedence, BOOL, "false")	\
	X(ScanPE, BOOL, "true")				\
	X(ScanELF, BOOL, "true")			\
	X(ScanOLE2, BOOL, "true")			\
	X(ScanPDF, BOOL, "true")			\
	X(ScanSWF, BOOL, "true")			\
	X(ScanXMLDOCS, BOOL, "true")			\
	X(ScanHWP3, BOOL, "true")			\
	X(ScanOneNote, BOOL, "true")			\
	X(ScanImage, BOOL, "true")			\
	X(ScanImageFuzzyHash, BOOL, "true")		\
	X(ScanHTML, BOOL, "true")			\
	X(ScanArchive, BOOL, "true")			\
	X(ScanMail, BOOL, "false")			\
	X(ScanPartialMessages, BOOL, "false")		\
	X(AlertBrokenExecutables, BOOL, "false")	\
	X(AlertBrokenMedia, BOOL, "false")		\
	X(AlertOLE2Macros, BOOL, "true")		\
	X(AlertPhishingSSLMismatch, BOOL, "false")	\
	X(AlertPhishingCloak, BOOL, "false")		\
	X(AlertPartitionIntersection, BOOL, "false")	\
	X(StructuredDataDetection, BOOL, "false")	\
	X(StructuredMinCreditCardCount, COUNT, "3")	\
	X(StructuredMinSSNCount, COUNT, "3")		\
	X(StructuredSSNFormatNormal, BOOL, "true")	\
	X(StructuredSSNFormatStripped, BOOL, "false")	\
	X(StructuredCCOnly, BOOL, "false")		\
	X(DisableCertCheck, BOOL, "false")		\
	X(ForceToDisk, BOOL, "false")

/* Bounds of the MIME walker, same form. */
#define SCAN_MIME_SETTINGS(X)				\
	X(max_depth, COUNT, "24")			\
	X(max_parts, COUNT, "4096")			\
	X(max_header_bytes, SIZE, "1MB")		/* of one header block */ \
	X(max_decoded, SIZE, "400MB")			/* of all objects together */ \
	X(max_boundaries, COUNT, "64")			/* candidates in one message */

struct scan_settings {
#define X(name, kind, def) uint64_t name;
	SCAN_ENGINE_SETTINGS(X)
	SCAN_MIME_SETTINGS(X)
#undef X
	char		*database;	/* directory of signatures; NULL: walk only, no engine */
	char		*extra_databases;	/* directories of further ones, comma-separated; NULL */
	char		*include_pua;	/* comma-separated categories, or NULL */
	char		*exclude_pua;
	char		*scratch;	/* existing directory, writable by the scanner */
	char		*test_hook;	/* NULL in production; see hopward-scan's tests */
	uint32_t	 workers_small;	/* processes on the queue of small messages, >= 1 */
	uint32_t	 workers_large;
	uint32_t	 spares;	/* forked ahead, waiting for a ticket */
	uint32_t	 messages_per_worker;
	uint32_t	 crashes_max;	/* then a fresh hopward-scan is asked for */
	uint32_t	 hand_out;	/* 1: objects come back with the result; for hopwardctl extract, never the daemon */
};

int	scan_settings_encode(const struct scan_settings *, struct buf *);
int	scan_settings_decode(const void *, size_t, struct scan_settings **);	/* gives */
void	scan_settings_free(struct scan_settings *);	/* frees members and itself */

/* Descriptors a hopward-scan finds open when it starts; anything else is closed. */
#define SCAN_FD_SETTINGS	3	/* memfd: scan_settings */
#define SCAN_FD_SMALL		4	/* queue, receiving end */
#define SCAN_FD_LARGE		5
#define SCAN_FD_REPORTS		6	/* SEQPACKET, sending end: scan_report */
#define SCAN_FD_CTL		7	/* stream to whoever started it; end of file: drain and exit */

/* ---- one job: a packet on a queue, with two descriptors: {sealed memfd of the message, reply socket} ---- */

struct scan_job {
	uint64_t	id;		/* the front's, unique within its life */
	uint64_t	deadline_ns;	/* absolute CLOCK_MONOTONIC */
	uint64_t	size;		/* octets of the memfd */
	uint32_t	prefix_len;	/* octets of our own Received line in front of the message */
};

#define SCAN_JOB_WIRE_MAX	64

int	scan_job_encode(const struct scan_job *, struct buf *);
int	scan_job_decode(const void *, size_t, struct scan_job *);

/* Frame types on the reply socket (a stream), worker -> asker. */
enum scan_reply {
	SCAN_REPLY_RESULT = 1,		/* payload: scan_result */
	SCAN_REPLY_EXPIRED = 2,		/* deadline had passed before it began; no payload */
	/* Before the result, with settings->hand_out alone: */
	SCAN_REPLY_OBJECT = 3,		/* payload: scan_object; its octets follow */
	SCAN_REPLY_OCTETS = 4		/* payload: the next ones of that object, until all have come */
};
#define SCAN_REPLY_MAX	(16u * 1024 * 1024)
#define SCAN_OCTETS_MAX	(256u * 1024)		/* of one frame */

/* ---- what a scan saw ---- */

struct part {
	/*
	 * "1.2": IMAP-like part number; "0" is the raw message; "2>1.1" within
	 * part 2, which was a mail itself; "exact:3" an object that only another
	 * view has; "1.2/5" the fifth member of the container 1.2, at any depth.
	 */
	char		*path;
	char		*name;		/* as declared, decoded to UTF-8; NULL */
	char		*names;		/* further ones that some reader shows, LF between them; NULL */
	char		*type;		/* declared media type in lower case; NULL */
	char		*view;		/* in which it was seen first, "exact"; NULL: the strict reading */
	char		*decoder;	/* "base64-join"; NULL: none, its octets stand in the message */
	char		*real_type;	/* as the engine or libmagic calls it, "CL_TYPE_ZIP"; NULL */
	char		*signature;	/* of the finding; NULL */
	char		*detail;	/* for limit, unopened, not-scanned: which, why; NULL */
	uint64_t	 size;		/* decoded octets */
	uint8_t		 sha256[32];	/* of the decoded octets; zero for a member of a container */
	uint8_t		 member;	/* of a container: its octets were the engine's, not ours */
	uint8_t		 encrypted;	/* the container says so of this member */
	enum outcome	 outcome;
};

enum ambiguity { AMBIGUITY_NONE, AMBIGUITY_SOFT, AMBIGUITY_HARD, AMBIGUITY_LIMIT };
const char *ambiguity_str(enum ambiguity);

/*
 * One Received field as its writer wrote it: an earlier hop, no word on
 * whether it is to be believed.  Texts are NULL where the field has none; a
 * control character in them is '?', a fold one space.
 * X(member, octets kept): of a longer text the rest is cut off, and `cut` says so.
 */
#define RECEIVED_TEXTS(X)					\
	X(helo, 255)						\
	X(rdns, 255)		/* never "unknown" */		\
	X(ip, 45)		/* canonical; v4-mapped is v4; no prefix, no zone */ \
	X(by, 255)						\
	X(with, 128)		/* keyword or phrase */		\
	X(id, 255)						\
	X(writer, 31)		/* software, from its product comment or its shape: "postfix" */ \
	X(tls_words, 255)	/* those that prove yes or no */ \
	X(version, 63)		/* as written, "TLS1_3", "TLSv1/SSLv3" */ \
	X(version_norm, 15)	/* received_versions, or NULL */ \
	X(cipher, 127)		/* as written */

enum received_tls {
	RECEIVED_TLS_UNKNOWN,	/* nothing says, or the writer is not known to say */
	RECEIVED_TLS_NO,
	RECEIVED_TLS_YES
};

/* "TLSv1" is 1.0.  Ends with NULL. */
extern const char *const	received_versions[];

#define RECEIVED_BITS_MAX	4096		/* of a cipher; more is no number of bits */
#define RECEIVED_TIME_MAX	253402300799	/* the end of year 9999 */

struct received {
#define X(member, max) char *member;
	RECEIVED_TEXTS(X)
#undef X
	char		*texts;		/* the one allocation in which all of them lie; NULL: none, or borrowed */
	uint64_t	 time;		/* seconds since 1970, if has_time */
	uint32_t	 bits;		/* of the cipher; 0 unknown */
	enum received_tls tls;
	uint8_t		 has_time;
	uint8_t		 auth;		/* the writer says that the client authenticated */
	uint8_t		 local;		/* a loop inside one host, not a hop between two */
	uint8_t		 cut;		/* the field or a text of it was longer than is kept */
	uint8_t		 odd;		/* a client's words may stand among the writer's: no address, and what may be forged is left out */
};

void	received_clear(struct received *);	/* frees `texts`, zeroes the rest; not the struct */

/*
 * A result in an Authentication-Results field (RFC 8601) of the top header
 * block, as its writer wrote it.  Of the same writer, method and domain it is
 * the topmost field's: what he said last.  Whether it is to be believed is the judge's.
 */
enum authres_method { AUTHRES_SPF, AUTHRES_DKIM, AUTHRES_METHODS };

struct authres {
	char		*authserv_id;	/* lower case, at most 255 octets */
	char		*domain;	/* SPF: of smtp.mailfrom; DKIM: header.d; lower case, at most 255 octets */
	enum authres_method method;
	uint32_t	 received_above;	/* Received fields that stand above it */
	uint8_t		 pass;		/* 0: any other result */
};

void	authres_clear(struct authres *);	/* frees the texts, zeroes the rest; not the struct */

#define SCAN_AUTHRES_MAX	32
#define SCAN_RECEIVED_MAX	64
#define SCAN_PARTS_MAX		8192
#define SCAN_MEMBERS_MAX	4096	/* of them members of containers, so that no archive keeps other parts out */
#define SCAN_REASONS_MAX	64

struct scan_result {
	struct part	*parts;		/* parts[0] is the raw message */
	uint32_t	 parts_count;
	char		**reasons;	/* stable tokens, e.g. "CT-DUP" */
	uint32_t	 reasons_count;
	struct received	*received;	/* of the top header block, newest first */
	uint32_t	 received_count;
	uint32_t	 received_more;	/* fields beyond SCAN_RECEIVED_MAX, not read */
	uint8_t		 header_cut;	/* the top header block goes on beyond mime.max_header_bytes: fields there were not read */
	struct authres	*authres;	/* in the order of the message */
	uint32_t	 authres_count;
	uint32_t	 authres_more;	/* results beyond SCAN_AUTHRES_MAX */
	uint8_t		 tls_required_no;	/* the one field "TLS-Required: No" (RFC 8689 section 5) */
	enum ambiguity	 ambiguity;
	uint32_t	 views;		/* readings made of its MIME, the strict one among them */
	uint64_t	 scan_us;	/* the worker's own time */
	uint64_t	 cpu_us;
};

int	scan_result_encode(const struct scan_result *, struct buf *);
int	scan_result_decode(const void *, size_t, struct scan_result **);	/* gives */
void	scan_result_free(struct scan_result *);

/*
 * One object whose octets are handed out, before it is scanned: what is known
 * of it by then.  number: its index in the result's parts.  Octets that came
 * before under another number are not sent again.
 */
struct scan_object {
	uint32_t	number;
	struct part	part;
};
int	scan_object_encode(const struct scan_object *, struct buf *);	/* 0 or -1 */
int	scan_object_decode(const void *, size_t, struct scan_object **);	/* gives */
void	scan_object_free(struct scan_object *);

/* ---- what hopward-scan's main tells its parent (frames on the control stream) ---- */

enum scan_ctl {
	SCAN_CTL_READY = 1,		/* payload: engine_info; workers wait on the queues */
	SCAN_CTL_FAILED = 2,		/* payload: string, why; it exits afterwards */
	SCAN_CTL_CRASHES = 3		/* payload: u32 crashes so far; >= crashes_max asks for a new generation */
};

#define ENGINE_VERSION_MAX	64
#define ENGINE_SANDBOX_MAX	256
#define ENGINE_LEFT_OUT_MAX	4096

struct engine_info {
	char		*version;	/* libclamav's, "1.4.6" */
	uint32_t	 db_version;	/* of daily, 0 if none */
	uint64_t	 db_time;	/* seconds since 1970, newest signature file's build time, or its mtime; 0 unknown */
	uint64_t	 signatures;
	uint64_t	 load_ms;
	uint64_t	 huge_bytes;	/* collapsed into huge pages */
	char		*sandbox;	/* layers that are on, space-separated, "none" */
	char		*left_out;	/* signature files that could not be used, "FILE: why", LF between them; NULL */
};

int	engine_info_encode(const struct engine_info *, struct buf *);
int	engine_info_decode(const void *, size_t, struct engine_info **);	/* gives */
void	engine_info_free(struct engine_info *);

/* ---- cause of death, hopward-scan's main -> front: one SEQPACKET packet each ---- */

enum scan_death { DEATH_SIGNAL, DEATH_DEADLINE, DEATH_MEMORY, DEATH_OUTSIDE, DEATH_EXIT };
struct scan_report {
	uint64_t	id;		/* the job's */
	enum scan_death	death;
	uint32_t	number;		/* signal, or exit status */
};
int	scan_report_encode(const struct scan_report *, struct buf *);
int	scan_report_decode(const void *, size_t, struct scan_report *);

/* ---- the connection and the envelope, as the MTA told them (strings borrowed from the session) ---- */

/* Macros that are evidence, kept raw.  X(member, macro name) */
#define TLS_MACROS(X)				\
	X(tls_version, "{tls_version}")		\
	X(cipher, "{cipher}")			\
	X(cipher_bits, "{cipher_bits}")		\
	X(verify, "{verify}")			\
	X(cert_subject, "{cert_subject}")	\
	X(cert_issuer, "{cert_issuer}")		\
	X(tls_sni, "{tls_sni}")

struct tls_facts {
#define X(member, macro) const char *member;
	TLS_MACROS(X)
#undef X
	int	canary_helo;	/* another macro of the HELO stage came: the MTA offers macros there */
	int	canary_mail;	/* likewise at MAIL */
};

struct message_facts {
	const char	*gateway;	/* our name in the record */
	const char	*id;		/* the record's own id */
	uint64_t	 time_ms;	/* end of message, wall clock */
	const char	*queue_id;	/* {i}; NULL */
	const char	*mta;		/* {v} or NULL */
	/* connection */
	const char	*client_ip;	/* NULL: unknown or local */
	const char	*client_name;	/* as the MTA gave it */
	const char	*helo;
	const char	*daemon_name;
	const char	*daemon_addr;
	const char	*daemon_port;	/* "0" for Postfix' simulated local events */
	const char	*client_resolve;
	int		 queue_id_at_connect;	/* {i} was there before MAIL: simulated events */
	const char	*auth_type;
	struct tls_facts tls;
	/* envelope; addresses without angle brackets, "" is the null sender */
	const char	*mail;
	const char *const *rcpts;
	uint32_t	 rcpts_count;	/* accepted by us and, as far as known, the MTA */
	uint32_t	 rcpts_dropped;	/* beyond what is kept */
	uint32_t	 rcpts_refused;	/* by us, for a partner's TLS */
	int		 requiretls;	/* MAIL had the parameter REQUIRETLS (RFC 8689) */
	int		 stage_mail, stage_rcpt;	/* judged there, before any content: no scan is missed */
	uint64_t	 size;		/* octets of header and body as the MTA sent them */
	/* scan */
	const struct scan_result *scan;	/* NULL: none came; then: */
	enum outcome	 scan_failed;	/* TIMEOUT CRASH UNAVAILABLE LIMIT NOT_SCANNED */
	const char	*scan_detail;	/* why, or which; NULL */
	const struct engine_info *engine;	/* NULL: none */
	/* milliseconds spent */
	uint32_t	 receive_ms, queue_ms, scan_ms;
};

#endif
