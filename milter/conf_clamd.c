/* SPDX-License-Identifier: ISC */
/* Options of clamd.conf(5) that are no settings here, and what answers to them: for people who bring theirs along. */

/*
 * Options that are settings under their own name stand in the key table
 * (conf_keys.c); hopward.conf.5 shows both lists, and a test compares them.
 */

#include <strings.h>

#include "conf_int.h"

static const struct {
	const char	*name;
	const char	*instead;	/* a sentence's end */
} options[] = {
	{ "User", "is scanner.user" },
	{ "TemporaryDirectory", "is scanner.scratch" },
	{ "LocalSocket", "is socket" },
	{ "LocalSocketGroup", "is socket_group" },
	{ "LocalSocketMode", "is socket_mode" },
	{ "TCPSocket", "is socket" },
	{ "TCPAddr", "is socket" },
	{ "FixStaleSocket", "is always done" },
	{ "PidFile", "is pid_file" },
	{ "MaxThreads", "is scanner.workers and scanner.large_workers" },
	{ "MaxQueue", "is scanner.queue_max" },
	{ "MaxConnectionQueueLength", "is scanner.queue_max" },
	{ "StreamMaxLength", "is spool.message" },
	{ "SelfCheck", "is scanner.database_check" },
	{ "ConcurrentDatabaseReload", "is scanner.reload" },
	{ "Foreground", "is hopward -f" },
	{ "Debug", "is hopward -v" },
	{ "LogVerbose", "is hopward -v" },
	{ "LogFile", "is syslog's, and records.directory" },
	{ "LogFileUnlock", "is syslog's" },
	{ "LogFileMaxSize", "is syslog's" },
	{ "LogRotate", "is syslog's" },
	{ "LogTime", "is syslog's" },
	{ "LogSyslog", "is always on" },
	{ "LogFacility", "is always mail" },
	{ "LogClean", "is always on: every message has a record" },
	{ "ExtendedDetectionInfo", "is always on: every part has its size and digest in the record" },
	{ "ReadTimeout", "is scanner.timeout" },
	{ "CommandReadTimeout", "has no meaning: there is no clamd protocol" },
	{ "SendBufTimeout", "has no meaning: there is no clamd protocol" },
	{ "IdleTimeout", "has no meaning: there is no clamd protocol" },
	{ "StreamMinPort", "has no meaning: there is no clamd protocol" },
	{ "StreamMaxPort", "has no meaning: there is no clamd protocol" },
	{ "AllowAllMatchScan", "has no meaning: there is no clamd protocol" },
	{ "ExcludePath", "has no meaning: mail is scanned, no directories" },
	{ "MaxDirectoryRecursion", "has no meaning: mail is scanned, no directories" },
	{ "FollowDirectorySymlinks", "has no meaning: mail is scanned, no directories" },
	{ "FollowFileSymlinks", "has no meaning: mail is scanned, no directories" },
	{ "CrossFilesystems", "has no meaning: mail is scanned, no directories" },
	{ "VirusEvent", "has no meaning: no program is run for a finding; follow the records instead" },
	{ "ExitOnOOM", "has no meaning: only the worker that lacked memory ends" },
	{ "FailIfCvdOlderThan", "has no meaning: hopwardctl status tells the signatures' age" },
	{ "LeaveTemporaryFiles", "has no meaning: temporary files die with their worker" },
	{ "AlertExceedsMax", "is always on: what is over a limit is never called clean; what happens to it is actions.CLASS.limit" },
	{ "AlertEncrypted", "is always on: what is encrypted is never called clean; what happens to it is actions.CLASS.encrypted" },
	{ "AlertEncryptedArchive", "is always on; what happens to such mail is actions.CLASS.encrypted" },
	{ "AlertEncryptedDoc", "is always on; what happens to such mail is actions.CLASS.encrypted" },
	{ "DisableCache", "is always yes: the cache hides names inside archives" },
	{ "CacheSize", "has no meaning: the cache is off" },
	{ "GenerateMetadataJson", "has no meaning: the record holds what was seen" },
	{ "BytecodeSecurity", "has no meaning: only signed bytecode is run" },
	{ "BytecodeUnsigned", "has no meaning: only signed bytecode is run" },
	{ "BytecodeMode", "has no meaning: libclamav chooses" },
	{ "OnAccessIncludePath", "has no meaning: there is no on-access scanning" },
	{ "OnAccessExcludePath", "has no meaning: there is no on-access scanning" },
	{ "OnAccessExcludeRootUID", "has no meaning: there is no on-access scanning" },
	{ "OnAccessExcludeUID", "has no meaning: there is no on-access scanning" },
	{ "OnAccessExcludeUname", "has no meaning: there is no on-access scanning" },
	{ "OnAccessMaxFileSize", "has no meaning: there is no on-access scanning" },
	{ "OnAccessMaxThreads", "has no meaning: there is no on-access scanning" },
	{ "OnAccessCurlTimeout", "has no meaning: there is no on-access scanning" },
	{ "OnAccessMountPath", "has no meaning: there is no on-access scanning" },
	{ "OnAccessDisableDDD", "has no meaning: there is no on-access scanning" },
	{ "OnAccessPrevention", "has no meaning: there is no on-access scanning" },
	{ "OnAccessRetryAttempts", "has no meaning: there is no on-access scanning" },
	{ "OnAccessDenyOnError", "has no meaning: there is no on-access scanning" },
	{ "OnAccessExtraScanning", "has no meaning: there is no on-access scanning" }
};

const char *
conf_clamd_option(size_t n, const char **instead)
{
	if (n >= sizeof(options) / sizeof(options[0]))
		return NULL;
	*instead = options[n].instead;
	return options[n].name;
}

const char *
conf_clamd_instead(const char *name)
{
	const char	*option, *instead;
	size_t		 i;

	for (i = 0; (option = conf_clamd_option(i, &instead)) != NULL; i++)
		if (strcasecmp(option, name) == 0)
			return instead;
	return NULL;
}
