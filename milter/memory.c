/* SPDX-License-Identifier: ISC */
/* Whether this host's memory holds a second engine beside the one that serves. */
/*
 * For the parent, before a reload.  It reads /proc and the cgroup (version 2)
 * files as they are now and promises nothing about later.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "memory.h"

/* The number behind "Key:" in a file of lines "Key:  N kB", in octets; UINT64_MAX if there is none. */
static uint64_t
proc_kb(const char *path, const char *key)
{
	char		 line[256];
	uint64_t	 n = UINT64_MAX;
	FILE		*f;

	if ((f = fopen(path, "re")) == NULL)
		return n;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == ':') {
			n = strtoull(line + strlen(key) + 1, NULL, 10) * 1024;
			break;
		}
	fclose(f);
	return n;
}

static uint64_t
cgroup_number(const char *group, const char *file)
{
	char		 path[512], text[32];
	uint64_t	 n = UINT64_MAX;
	FILE		*f;

	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/%s", group, file);
	if ((f = fopen(path, "re")) == NULL)
		return n;
	if (fgets(text, sizeof(text), f) != NULL && text[0] >= '0' && text[0] <= '9')
		n = strtoull(text, NULL, 10);
	fclose(f);
	return n;
}

/* What the tightest of our cgroups leaves. */
static uint64_t
cgroup_left(void)
{
	char		 group[256] = "";
	char		*slash;
	uint64_t	 max, used, left = UINT64_MAX;
	FILE		*f;

	if ((f = fopen("/proc/self/cgroup", "re")) == NULL)
		return left;
	while (fgets(group, sizeof(group), f) != NULL && strncmp(group, "0::", 3) != 0)
		group[0] = '\0';
	fclose(f);
	if (group[0] == '\0')
		return left;
	memmove(group, group + 3, strlen(group + 3) + 1);
	group[strcspn(group, "\n")] = '\0';
	for (;;) {
		max = cgroup_number(group, "memory.max");
		used = cgroup_number(group, "memory.current");
		if (max != UINT64_MAX && used != UINT64_MAX && (max > used ? max - used : 0) < left)
			left = max > used ? max - used : 0;
		if ((slash = strrchr(group, '/')) == NULL || slash == group)
			return left;
		*slash = '\0';
	}
}

int
memory_holds_another(pid_t engine)
{
	char		path[64];
	uint64_t	rss, free_now, group;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)engine);
	rss = proc_kb(path, "VmRSS");
	free_now = proc_kb("/proc/meminfo", "MemAvailable");
	group = cgroup_left();
	if (group < free_now)
		free_now = group;
	if (rss == UINT64_MAX || free_now == UINT64_MAX)
		return 1;
	log_debug("engine holds %llu MB, %llu MB are available",
	    (unsigned long long)(rss >> 20), (unsigned long long)(free_now >> 20));
	return free_now >= rss + rss / 5;
}
