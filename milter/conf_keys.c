/* SPDX-License-Identifier: ISC */
/* The table of all keys of hopward.conf(5): reading, defaults, printing and the check of the pages come from it. */

/*
 * A new setting is one row here, one paragraph in hopward.conf.5 and one
 * commented line in conf/hopward.conf (a unit test compares the three).
 * Defaults are written as in the file and pass the same checks.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_int.h"
#include "conf_profile.h"
#include "judge/ambiguity.h"

/* Checks of single strings; 0, or -1 with what is wanted in err. */

static int
printable(const char *s, size_t max, int blanks)
{
	size_t	 i;

	for (i = 0; s[i] != '\0'; i++)
		if ((unsigned char)s[i] >= 0x7f || (unsigned char)s[i] < (blanks ? ' ' : '!'))
			return 0;
	return i <= max;
}

static int
check_contact(const char *s, char *err, size_t errlen)
{
	/* It stands in every refusal: one line of SMTP holds 512 octets with all else. */
	if (printable(s, 160, 0) && (s[0] == '\0' || strncmp(s, "https://", 8) == 0 || strncmp(s, "http://", 7) == 0 ||
	    (strchr(s, '@') != NULL && s[0] != '@')))
		return 0;
	snprintf(err, errlen, "an address or URL of at most 160 ASCII characters, such as \"https://example.org/mail\" "
	    "or \"postmaster@example.org\"");
	return -1;
}

static int
check_host(const char *s, char *err, size_t errlen)
{
	if (strlen(s) <= 253 && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == strlen(s))
		return 0;
	snprintf(err, errlen, "a host name, such as \"mx1.example.org\"");
	return -1;
}

static int
check_text(const char *s, char *err, size_t errlen)
{
	if (printable(s, 200, 1) && s[0] != ' ')
		return 0;
	snprintf(err, errlen, "at most 200 printable ASCII characters");
	return -1;
}

static int
check_path(const char *s, char *err, size_t errlen)
{
	if (s[0] == '/' && strlen(s) < 1024)
		return 0;
	snprintf(err, errlen, "an absolute path, such as \"/var/lib/hopward\"");
	return -1;
}

static int
check_list_path(const char *s, char *err, size_t errlen)
{
	if (check_path(s, err, errlen) == 0 && strchr(s, ',') == NULL)
		return 0;
	snprintf(err, errlen, "an absolute path without a comma, such as \"/etc/hopward/signatures\"");
	return -1;
}

static int
check_path_or_none(const char *s, char *err, size_t errlen)
{
	return s[0] == '\0' ? 0 : check_path(s, err, errlen);
}

static int
check_profile(const char *s, char *err, size_t errlen)
{
	/* A relative path would be another file for a daemon in the background. */
	if (s[0] == '\0' || (s[0] == '/' && strlen(s) < 1024) || (strlen(s) <= CONF_PROFILE_NAME_MAX &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(s)))
		return 0;
	snprintf(err, errlen, "a profile's name, such as \"uk_gov\", or the absolute path of its file");
	return -1;
}

static int
check_socket_path(const char *s, char *err, size_t errlen)
{
	if (s[0] == '/' && strlen(s) < 108)	/* sun_path of unix(7) */
		return 0;
	snprintf(err, errlen, "an absolute path of at most 107 octets, such as \"/run/hopward/control.sock\"");
	return -1;
}

static int
check_user(const char *s, char *err, size_t errlen)
{
	if (s[0] != '\0' && strlen(s) < 64 && printable(s, 63, 0))
		return 0;
	snprintf(err, errlen, "a user's name or number, such as \"hopward\" or \"61951:61951\"");
	return -1;
}

static int
check_group(const char *s, char *err, size_t errlen)
{
	if (printable(s, 63, 0))
		return 0;
	snprintf(err, errlen, "a group's name or number, such as \"postfix\"");
	return -1;
}

static int
check_socket(const char *s, char *err, size_t errlen)
{
	char	*milter = NULL;
	int	 rc = conf_socket(s, &milter, err, errlen);

	free(milter);
	return rc;
}

static int
check_extension(const char *s, char *err, size_t errlen)
{
	if (s[0] != '\0' && strlen(s) <= 32 && strpbrk(s, "/\\. \t\"") == NULL)
		return 0;
	snprintf(err, errlen, "an extension without its dot, such as \"exe\"");
	return -1;
}

static int
check_word(const char *s, char *err, size_t errlen)
{
	if (s[0] != '\0' && printable(s, 128, 0))
		return 0;
	snprintf(err, errlen, "a word without blanks");
	return -1;
}

static int
check_pua(const char *s, char *err, size_t errlen)
{
	if (s[0] != '\0' && printable(s, 64, 0) && strchr(s, ',') == NULL)
		return 0;
	snprintf(err, errlen, "a category of PUA signatures, such as \"NetTool\"");
	return -1;
}

static const struct conf_choice mode_choices[] = { { "enforce", 0 }, { "observe", 1 }, { NULL, 0 } };
static const struct conf_choice sync_choices[] = {
	{ "none", LEDGER_SYNC_NONE }, { "batch", LEDGER_SYNC_BATCH }, { "always", LEDGER_SYNC_ALWAYS }, { NULL, 0 }
};
static const struct conf_choice privacy_choices[] = {
	{ "minimal", PRIVACY_MINIMAL }, { "pseudonym", PRIVACY_PSEUDONYM }, { "full", PRIVACY_FULL }, { NULL, 0 }
};
#define X(e, s) { s, PSEUDONYM_##e },
static const struct conf_choice period_choices[] = { PSEUDONYM_PERIODS(X) { NULL, 0 } };
#undef X
static const struct conf_choice unrecorded_choices[] = {
	{ "tempfail", UNRECORDED_TEMPFAIL }, { "accept", UNRECORDED_ACCEPT }, { NULL, 0 }
};
static const struct conf_choice held_choices[] = {
	{ "auto", HELD_MTA_AUTO }, { "postfix", HELD_MTA_POSTFIX }, { "sendmail", HELD_MTA_SENDMAIL }, { NULL, 0 }
};
static const struct conf_choice mime_choices[] = {
	{ "none", AMBIGUITY_FIELD_NEVER }, { "hard", AMBIGUITY_HARD }, { "all", AMBIGUITY_SOFT }, { NULL, 0 }
};
static const struct conf_choice reload_choices[] = { { "auto", -1 }, { "drain", 0 }, { "overlap", 1 }, { NULL, 0 } };

#define P(m)	ROOM_PARENT, offsetof(struct parent_settings, m)
#define S(m)	ROOM_START, offsetof(struct front_start, m)
#define F(m)	ROOM_FRONT, offsetof(struct front_settings, m)
#define N(m)	ROOM_SCAN, offsetof(struct scan_settings, m)
#define CELL(c, o) ROOM_FRONT, offsetof(struct front_settings, policy.actions) + \
	    ((size_t)(c) * OUTCOME_MAX + (size_t)(o)) * sizeof(struct policy_action)

/*
 * What a system runs, installs, mounts or connects to when it is opened: what
 * the large providers refuse, disk images (what lies in them carries no mark of
 * the web), and what came into use since.  Web pages are not among them: banks
 * and mail encryption send them every day.
 */
#define EXTENSIONS "ade,adp,apk,app,appinstaller,application,appref-ms,appx,appxbundle,bas,bat,cab,chm,cmd,com,cpl,crx," \
	    "diagcab,diagcfg,diagpkg,dll,dmg,exe,ex_,gadget,hlp,hta,img,inf,ins,iso,isp,jar,jnlp,js,jse,lib,library-ms,lnk," \
	    "mde,mjs,msc,msh,msi,msix,msixbundle,msp,mst,msu,nsh,one,ops,osd,pif,pkg,prg,ps1,ps1xml,ps2,psc1,psd1,psm1," \
	    "pyw,rdp,reg,scf,scr,sct,search-ms,searchconnector-ms,settingcontent-ms,shb,shs,sys,theme,themepack,udf,udl," \
	    "url,vb,vbe,vbs,vhd,vhdx,vxd,webpnp,website,wll,ws,wsc,wsf,wsh,xbap,xll,xnk"

/* A bound so that a slip of the pen is no outage of days. */
#define DAY	86400000ull
#define GB	(1024ull * 1024 * 1024)

const struct conf_key conf_keys[] = {
	{ "socket", KEY_STRING, S(socket), "unix:/run/hopward/hopward.sock",
	    "where the MTA finds hopward", 0, 0, 0, NULL, check_socket },
	{ "socket_mode", KEY_MODE, S(socket_mode), "0660", "permissions of a unix socket", 0, 0, 0, NULL, NULL },
	{ "socket_group", KEY_STRING, S(socket_group), "",
	    "group of a unix socket: the MTA's", KEY_NULL, 0, 0, NULL, check_group },
	{ "user", KEY_STRING, P(user), "hopward", "user of the process that talks to the MTA", 0, 0, 0, NULL, check_user },
	{ "control_socket", KEY_STRING, P(control_socket), "/run/hopward/control.sock",
	    "where hopwardctl finds the daemon", 0, 0, 0, NULL, check_socket_path },
	{ "control_mode", KEY_MODE, P(control_mode), "0660", "permissions of the control socket", 0, 0, 0, NULL, NULL },
	{ "control_group", KEY_STRING, P(control_group), "",
	    "group that may use hopwardctl status, reload, except and mode", KEY_NULL, 0, 0, NULL, check_group },
	{ "pid_file", KEY_STRING, P(pid_file), "", "file for the parent's process id", KEY_NULL, 0, 0, NULL,
	    check_path_or_none },
	{ "gateway", KEY_STRING, F(gateway), "",
	    "this machine's name in records and headers; empty: the host name", 0, 0, 0, NULL, check_host },
	{ "authserv_id", KEY_STRING, F(authserv_id), "",
	    "name in Authentication-Results; empty: the gateway's", 0, 0, 0, NULL, check_host },
	{ "mode", KEY_ENUM, F(policy.observe), "enforce",
	    "enforce: do what the actions say; observe: only record it", 0, 0, 0, mode_choices, NULL },
	{ "contact", KEY_STRING, F(policy.contact), "",
	    "URL or address in every refusal; empty: postmaster@ and the gateway", 0, 0, 0, NULL, check_contact },
	{ "internal_networks", KEY_NETS, F(policy.internal), "",
	    "clients in these networks are of the class relay", 0, 0, 0, NULL, NULL },
	{ "submission_daemons", KEY_LIST, F(policy.submission_daemons), "submission,smtps,submissions",
	    "{daemon_name}s whose mail is of the class submission", 0, 0, 0, NULL, check_word },
	{ "proxied_listeners", KEY_LIST, F(policy.proxied_listeners), "",
	    "listeners behind a proxy that ends TLS: \"ADDR:PORT\", \":PORT\" or a {daemon_name}", 0, 0, 0, NULL, check_word },
	{ "profile", KEY_STRING, F(profile_name), "uk_gov",
	    "by which TLS is graded: a name in profiles, or the path of a file; empty: by none", KEY_NULL, 0, 0, NULL,
	    check_profile },
	{ "profiles", KEY_STRING, F(profiles), PROFILES_DEFAULT, "directory of profiles, NAME.conf each", 0, 0, 0, NULL,
	    check_path },
	{ "partners", KEY_PARTNERS, F(policy.partners), "",
	    "who has promised to come with TLS, and what is done where it is missing", 0, 0, 0, NULL, NULL },
	{ "trusted_authserv_ids", KEY_LIST, F(policy.trusted_authserv_ids), "",
	    "whose Authentication-Results are believed: an earlier filter's that removes forged ones", KEY_LOWER, 0, 0, NULL,
	    check_word },
	{ "smarthosts", KEY_LIST, P(smarthosts), "",
	    "relays that hand our mail on, for hopwardctl collect: a host, .domain, or an address", 0, 0, 0, NULL, check_word },
	{ "rules", KEY_RULES, F(policy.rules), "",
	    "what is done with what was found and with attachments; the first rule that holds decides", 0, 0, 0, NULL, NULL },
	{ "recipients_max", KEY_COUNT, F(rcpts_max), "1000",
	    "recipients of a message that are kept for its record", 0, 1, 100000, NULL, NULL },
	{ "stop_wait", KEY_TIME, F(stop_wait_ms), "60s",
	    "how long messages in flight may take when the daemon stops", 0, 0, DAY, NULL, NULL },

#define X(e, s) { "actions.default." s, KEY_ACTION_ALL, CELL(0, OUTCOME_##e), NULL, NULL, KEY_FIRST, 0, 0, NULL, NULL },
	OUTCOMES(X)
#undef X
#define CLASS_ROW(class, name, e, s) \
	{ "actions." name "." s, KEY_ACTION, CELL(CLASS_##class, OUTCOME_##e), NULL, NULL, 0, 0, 0, NULL, NULL },
#define X(e, s) CLASS_ROW(MX, "mx", e, s)
	OUTCOMES(X)
#undef X
#define X(e, s) CLASS_ROW(SUBMISSION, "submission", e, s)
	OUTCOMES(X)
#undef X
#define X(e, s) CLASS_ROW(RELAY, "relay", e, s)
	OUTCOMES(X)
#undef X
#define X(e, s) CLASS_ROW(LOCAL, "local", e, s)
	OUTCOMES(X)
#undef X

	{ "attachments.misnamed", KEY_BOOL, F(policy.misnamed), "true",
	    "a program under another name, or a web page that goes as a picture, has the outcome blocked", 0, 0, 0, NULL, NULL },
	{ "attachments.blocked_extensions", KEY_LIST, F(policy.blocked_extensions), EXTENSIONS,
	    "a part with such a name has the outcome blocked", KEY_LOWER, 0, 0, NULL, check_extension },

	{ "headers.virus", KEY_BOOL, F(header_virus), "true", "add X-Virus-Scanned and X-Virus-Status", 0, 0, 0, NULL, NULL },
	{ "headers.tls", KEY_BOOL, F(header_tls), "true",
	    "add Authentication-Results with the TLS of this connection", 0, 0, 0, NULL, NULL },
	{ "headers.mime", KEY_ENUM, F(header_mime), "hard",
	    "add X-Hopward-MIME: hard (and limit) ambiguity, all (soft too), or none", 0, 0, 0, mime_choices, NULL },
	{ "headers.subject_tag", KEY_STRING, F(subject_tag), "",
	    "put in front of the Subject of tagged mail; empty: nothing", KEY_NULL, 0, 0, NULL, check_text },

	{ "replies.signature_name", KEY_BOOL, F(policy.name_signature), "false",
	    "tell the signature's name to the client", 0, 0, 0, NULL, NULL },
	{ "replies.submission_text", KEY_STRING, F(policy.submission_text), "",
	    "sentence for people whose own mail is refused; empty: as for others", KEY_NULL, 0, 0, NULL, check_text },

	{ "records.directory", KEY_STRING, S(ledger.directory), "/var/log/hopward",
	    "one file per UTC day", 0, 0, 0, NULL, check_path },
	{ "records.sync", KEY_ENUM, S(ledger.sync), "batch",
	    "batch: messages share an fdatasync; always: each its own; none: a crash may lose records", 0, 0, 0,
	    sync_choices, NULL },
	{ "records.batch_wait", KEY_TIME, S(ledger.batch_us), "0",
	    "how long a record waits for company besides; those that come during a sync share the next one anyway", KEY_MICRO, 0, 10000000, NULL, NULL },
	{ "records.privacy", KEY_ENUM, F(privacy), "pseudonym",
	    "local parts of addresses: minimal leaves them out, pseudonym keeps a keyed digest, full keeps them", 0, 0, 0,
	    privacy_choices, NULL },
	{ "records.keys", KEY_STRING, S(pseudonyms.directory), "/var/lib/hopward/pseudonyms",
	    "directory of the pseudonyms' keys; made if it is missing, and closed to all but user", 0, 0, 0, NULL, check_path },
	{ "records.key_period", KEY_ENUM, S(pseudonyms.period), "month",
	    "how long a key is used: day, month, quarter or year; not longer than records are kept", 0, 0, 0, period_choices, NULL },
	{ "records.key_file", KEY_STRING, S(old_key), "",
	    "the one key of before keys had periods: no longer read; delete it", KEY_NULL, 0, 0, NULL, check_path_or_none },
	{ "records.compress", KEY_BOOL, S(retain.compress), "true",
	    "compress closed days with zstd, an hour after midnight UTC", 0, 0, 0, NULL, NULL },
	{ "records.keep", KEY_TIME, S(retain.keep_ms), "180d",
	    "how long a record is kept from the end of its day; seals stay; 0: for ever", 0, 0, 3660 * DAY, NULL, NULL },
	{ "records.totals_keep", KEY_TIME, S(retain.totals_keep_ms), "2y",
	    "how long the totals of a day that has expired are kept, from that day on; 0: for ever", 0, 0, 36600 * DAY, NULL, NULL },
	{ "records.group", KEY_STRING, S(retain.group), "",
	    "group that may read records, user being a member; empty: what the directory has", KEY_NULL, 0, 0, NULL, check_group },
	{ "records.reserve", KEY_SIZE, S(retain.reserve), "16MB",
	    "room on their disk that is taken beforehand, given up when it is full for what is in flight; 0: none", 0, 0, 16 * GB, NULL, NULL },
	{ "records.warn_free", KEY_TIME, S(retain.warn_ms), "14d",
	    "how long before their disk is full there is a warning; 0: none", 0, 0, 3660 * DAY, NULL, NULL },
	{ "records.on_failure", KEY_ENUM, F(unrecorded), "tempfail",
	    "what mail gets that cannot be recorded: tempfail or accept", 0, 0, 0, unrecorded_choices, NULL },

	{ "seal.enabled", KEY_BOOL, S(ledger.sealed), "true",
	    "chain all records and sign the chain, so that hopwardctl verify can prove that none is missing or changed", 0, 0, 0, NULL, NULL },
	{ "seal.epoch", KEY_TIME, S(ledger.seal_epoch_ms), "15m",
	    "how often it is signed, also where no mail came: what is younger has no proof yet", 0, 1000, DAY / 4, NULL, NULL },
	{ "seal.directory", KEY_STRING, S(ledger.seal_directory), "/var/lib/hopward/seal",
	    "private keys, one for each epoch and gone with it; made if it is missing, and closed to all but user", 0, 0, 0, NULL, check_path },
	{ "seal.anchor", KEY_BOOL, S(ledger.seal_anchor), "true",
	    "a line a day to syslog that fixes the past for whoever has that log elsewhere", 0, 0, 0, NULL, NULL },

	{ "held.keep", KEY_TIME, P(held.keep_ms), "14d",
	    "how long quarantined mail is kept, where hopwardctl held expire runs; 0: for ever", 0, 0, 3660 * DAY, NULL, NULL },
	{ "held.warn", KEY_TIME, P(held.warn_ms), "2d", "how long before its end there is a warning; 0: none", 0, 0, 366 * DAY, NULL,
	    NULL },
	{ "held.mta", KEY_ENUM, P(held.mta), "auto",
	    "whose queue holds it: postfix, sendmail; auto: Postfix' where its postqueue is there", 0, 0, 0, held_choices, NULL },
	{ "held.postfix_tools", KEY_STRING, P(held.postfix_tools), "/usr/sbin",
	    "directory of postqueue, postsuper and postcat", 0, 0, 0, NULL, check_path },
	{ "held.postfix_config", KEY_STRING, P(held.postfix_config), "",
	    "configuration directory of the Postfix instance; empty: the default one", KEY_NULL, 0, 0, NULL, check_path_or_none },
	{ "held.sendmail", KEY_STRING, P(held.sendmail), "/usr/sbin/sendmail", "Sendmail's program", 0, 0, 0, NULL, check_path },
	{ "held.sendmail_config", KEY_STRING, P(held.sendmail_config), "",
	    "Sendmail's configuration file; empty: the default one", KEY_NULL, 0, 0, NULL, check_path_or_none },
	{ "held.qtool", KEY_STRING, P(held.qtool), "/usr/share/sendmail/qtool.pl",
	    "Sendmail's tool that deletes messages from a queue", 0, 0, 0, NULL, check_path },

	{ "exceptions.file", KEY_STRING, P(exceptions_file), "/var/lib/hopward/exceptions",
	    "what hopwardctl except and mode have set for a while; empty: they cannot", KEY_NULL, 0, 0, NULL, check_path_or_none },
	{ "exceptions.max", KEY_TIME, P(exceptions_max_ms), "30d",
	    "how long an exception or a mode may be set for", 0, 1000, 366 * DAY, NULL, NULL },

	{ "downgrade.alarm", KEY_BOOL, F(downgrade_alarm), "true",
	    "watch for peers that always came with TLS and come without, or two grades lower", 0, 0, 0, NULL, NULL },
	{ "downgrade.file", KEY_STRING, S(peers.file), "/var/lib/hopward/peers",
	    "what peers have come with; empty: a restart forgets it", 0, 0, 0, NULL, check_path_or_none },
	{ "downgrade.max", KEY_COUNT, S(peers.max), "10000",
	    "peers in all; beyond it the one not seen for longest is forgotten", 0, 1, PEERS_MAX, NULL, NULL },
	/* Who comes in clear with every fifth message has so many in a row under TLS by chance once in a hundred. */
	{ "downgrade.messages", KEY_COUNT, S(peers.messages), "20",
	    "so many messages in a row under TLS make a habit", 0, 1, 1000000, NULL, NULL },
	{ "downgrade.forget", KEY_TIME, S(peers.forget_ms), "90d",
	    "a peer not seen for so long is forgotten", 0, DAY, 3660 * DAY, NULL, NULL },

	{ "spool.message", KEY_SIZE, F(spool_message), "150MB",
	    "a larger message is not scanned and has the outcome limit", 0, 65536, 16 * GB, NULL, NULL },
	{ "spool.total", KEY_SIZE, F(spool_total), "512MB",
	    "memory for all messages at once; beyond it mail is tempfailed", 0, 65536, 1024 * GB, NULL, NULL },

	{ "scanner.path", KEY_STRING, P(scanner_path), SCANNER_DEFAULT, "the scanner's program", 0, 0, 0, NULL, check_path },
	{ "scanner.user", KEY_STRING, P(scan_user), "hopward-scan",
	    "its user: another one than hopward's", 0, 0, 0, NULL, check_user },
	{ "scanner.scratch", KEY_STRING, P(scratch), "/run/hopward/scratch",
	    "directory where its memory file system is mounted", 0, 0, 0, NULL, check_path },
	{ "scanner.scratch_size", KEY_SIZE, P(scratch_size), "auto",
	    "size of that file system; auto: from the limits and the number of workers", KEY_AUTO, 0, 1024 * GB, NULL, NULL },
	{ "scanner.workers", KEY_COUNT, N(workers_small), "auto",
	    "processes for small messages; auto: one per CPU, at least 2", KEY_AUTO, 1, 1024, NULL, NULL },
	{ "scanner.large_workers", KEY_COUNT, N(workers_large), "auto",
	    "processes for large messages; auto: half as many as CPUs", KEY_AUTO, 1, 1024, NULL, NULL },
	{ "scanner.spares", KEY_COUNT, N(spares), "2", "processes forked ahead", 0, 0, 1024, NULL, NULL },
	{ "scanner.messages_per_worker", KEY_COUNT, N(messages_per_worker), "1",
	    "above 1 a message that takes over a worker can see and forge the next", 0, 1, 1000000, NULL, NULL },
	{ "scanner.large_size", KEY_SIZE, F(large_size), "1MB", "from here on a message is large", 0, 0, 16 * GB, NULL, NULL },
	{ "scanner.timeout", KEY_TIME, F(scan_timeout_ms), "120s",
	    "from the end of a message to the outcome timeout", 0, 1000, DAY, NULL, NULL },
	{ "scanner.engine_wait", KEY_TIME, F(engine_wait_ms), "60s",
	    "how long mail waits for the first or the next engine", 0, 0, DAY, NULL, NULL },
	{ "scanner.engine_start", KEY_TIME, P(engine_start_ms), "5m", "how long an engine may take to load", 0, 1000, DAY,
	    NULL, NULL },
	{ "scanner.crashes_max", KEY_COUNT, N(crashes_max), "5",
	    "so many crashes, and a fresh scanner is started", 0, 1, 1000000, NULL, NULL },
	/* Sendmail gives up on a filter that is silent for 10 s, unless it was told otherwise (T=R). */
	{ "scanner.progress", KEY_TIME, F(progress_ms), "5s",
	    "between two signs of life to the waiting MTA", 0, 100, 300000, NULL, NULL },
	/* Measured: the kernel takes 278 packets on such a socket, then refuses. */
	{ "scanner.queue_max", KEY_COUNT, F(queue_max), "200", "messages that wait for a worker, per queue", 0, 1, 250,
	    NULL, NULL },
	{ "scanner.database_check", KEY_TIME, P(database_check_ms), "60s",
	    "how often the signature directory is looked at besides inotify; 0: never", 0, 0, 30 * DAY, NULL, NULL },
	{ "scanner.reload", KEY_ENUM, P(reload_overlap), "auto",
	    "overlap: two engines in memory for a while; drain: one, mail waits; auto: as memory allows", 0, 0, 0,
	    reload_choices, NULL },

	{ "clamav.DatabaseDirectory", KEY_STRING, N(database), "/var/lib/clamav", "where the signatures are", 0, 0, 0, NULL,
	    check_path },
	{ "clamav.ExtraDatabases", KEY_JOINED, N(extra_databases), "",
	    "directories of your own signatures; a file that is broken is left out and told", KEY_NULL, 0, 0, NULL,
	    check_list_path },
	{ "clamav.IncludePUA", KEY_JOINED, N(include_pua), "", "only these categories of PUA", KEY_NULL, 0, 0, NULL,
	    check_pua },
	{ "clamav.ExcludePUA", KEY_JOINED, N(exclude_pua), "", "all but these categories of PUA", KEY_NULL, 0, 0, NULL,
	    check_pua },
/* libclamav keeps counts and times in 32 bits. */
#define KIND_SIZE(name, def)	KEY_SIZE, N(name), def, NULL, 0, 0, 1024 * GB, NULL, NULL
#define KIND_TIME(name, def)	KEY_TIME, N(name), def, NULL, 0, 0, DAY, NULL, NULL
#define KIND_COUNT(name, def)	KEY_COUNT, N(name), def, NULL, KEY_WIDE, 0, UINT32_MAX, NULL, NULL
#define KIND_BOOL(name, def)	KEY_BOOL, N(name), def, NULL, KEY_WIDE, 0, 0, NULL, NULL
#define X(name, kind, def) { "clamav." #name, KIND_##kind(name, def) },
	SCAN_ENGINE_SETTINGS(X)
#undef X
#define X(name, kind, def) { "mime." #name, KIND_##kind(name, def) },
	SCAN_MIME_SETTINGS(X)
#undef X
};

const size_t conf_keys_count = sizeof(conf_keys) / sizeof(conf_keys[0]);

const struct conf_key *
conf_key_find(const char *path)
{
	size_t	 i;

	for (i = 0; i < conf_keys_count; i++)
		if (strcmp(conf_keys[i].path, path) == 0)
			return &conf_keys[i];
	return NULL;
}

int
conf_key_is_group(const char *path)
{
	size_t	 i, len = strlen(path);

	for (i = 0; i < conf_keys_count; i++)
		if (strncmp(conf_keys[i].path, path, len) == 0 && conf_keys[i].path[len] == '.')
			return 1;
	return 0;
}

void *
conf_key_member(const struct conf *conf, const struct conf_key *key)
{
	const char	*base = NULL;

	switch (key->room) {
	case ROOM_PARENT:
		base = (const char *)&conf->parent;
		break;
	case ROOM_START:
		base = (const char *)&conf->start;
		break;
	case ROOM_FRONT:
		base = (const char *)conf->front;
		break;
	case ROOM_SCAN:
		base = (const char *)conf->scan;
		break;
	case ROOM_NONE:
		return NULL;
	}
	return (void *)(uintptr_t)(base + key->offset);
}

/* ---- did you mean ---- */

#define GUESS_MAX	64	/* longer names are not guessed */

/* Edits between two names, neighbours swapped counting one, case for nothing. */
static unsigned int
distance(const char *a, const char *b)
{
	unsigned int	 rows[3][GUESS_MAX + 1], *prev2 = rows[0], *prev = rows[1], *now = rows[2], *tmp;
	size_t		 la = strlen(a), lb = strlen(b), i, j;
	unsigned int	 best, cost;

	if (la > GUESS_MAX || lb > GUESS_MAX)
		return GUESS_MAX;
	for (j = 0; j <= lb; j++)
		prev2[j] = prev[j] = (unsigned int)j;
	for (i = 1; i <= la; i++) {
		now[0] = (unsigned int)i;
		for (j = 1; j <= lb; j++) {
			cost = strncasecmp(a + i - 1, b + j - 1, 1) != 0;
			best = prev[j - 1] + cost;
			if (prev[j] + 1 < best)
				best = prev[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && strncasecmp(a + i - 1, b + j - 2, 1) == 0 &&
			    strncasecmp(a + i - 2, b + j - 1, 1) == 0 && prev2[j - 2] + 1 < best)
				best = prev2[j - 2] + 1;
			now[j] = best;
		}
		tmp = prev2;
		prev2 = prev;
		prev = now;
		now = tmp;
	}
	return prev[lb];
}

static const char *
last_part(const char *path)
{
	const char	*dot = strrchr(path, '.');

	return dot == NULL ? path : dot + 1;
}

/* The group of a key as "scanner." or ""; compares those of two paths. */
static int
same_group(const char *a, const char *b)
{
	size_t	 la = (size_t)(last_part(a) - a), lb = (size_t)(last_part(b) - b);

	return la == lb && strncasecmp(a, b, la) == 0;
}

static const char *const groups[] = {
	"actions", "actions.default", "actions.mx", "actions.submission", "actions.relay", "actions.local", "attachments",
	"headers", "replies", "records", "held", "exceptions", "downgrade", "spool", "scanner", "clamav", "mime"
};

/* Where a guess may come from: the same group, anywhere but the many actions, anywhere. */
enum reach { REACH_GROUP, REACH_NEAR, REACH_ALL };

static void
guess_try(const char *known, const char *path, enum reach reach, const char **best, unsigned int *best_distance)
{
	unsigned int	 d;

	if ((reach == REACH_GROUP && !same_group(known, path)) ||
	    (reach == REACH_NEAR && strncmp(known, "actions.", 8) == 0))
		return;
	d = distance(last_part(known), last_part(path));
	if (d < *best_distance) {
		*best = known;
		*best_distance = d;
	}
}

const char *
conf_key_guess(const char *path)
{
	const char	*best = NULL;
	unsigned int	 limit = (unsigned int)(strlen(last_part(path)) + 2) / 3 + 1, best_distance;
	size_t		 i;
	int		 reach;

	for (reach = REACH_GROUP; reach <= REACH_ALL && best == NULL; reach++) {
		/* Elsewhere only what is nearly the same word. */
		best_distance = reach == REACH_GROUP ? limit : (limit > 3 ? 3 : limit);
		for (i = 0; i < conf_keys_count; i++)
			guess_try(conf_keys[i].path, path, reach, &best, &best_distance);
		for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
			guess_try(groups[i], path, reach, &best, &best_distance);
	}
	return best;
}

const char *
conf_word_guess(const char *word, const char *const *list)
{
	unsigned int	 limit = (unsigned int)(strlen(word) + 2) / 3 + 1, d;
	const char	*best = NULL;

	for (; *list != NULL; list++)
		if ((d = distance(*list, word)) < limit) {
			best = *list;
			limit = d;
		}
	return best;
}
