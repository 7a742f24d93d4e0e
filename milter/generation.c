/* SPDX-License-Identifier: ISC */
/* Starts one hopward-scan and holds its ends: the queues, the reports, the control stream. */
/*
 * The parent uses it for each generation of scanners, hopwardctl scan for its
 * only one; both are single-threaded, as they fork.  What a whole generation is
 * shut off from (other users' files, the network, the file system of the host
 * for writing) is done here, once, between fork and exec; what each worker
 * gives up besides is scan/sandbox.h.  It does not restart, reload or wait.
 */
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/wire.h"
#include "generation.h"
#include "user.h"

#define CTL_FRAME_MAX	(64u * 1024)	/* READY and FAILED are far smaller */
#define FRAME_WAIT_NS	1000000000ULL	/* a frame that has begun must end within this */

/* The ends that the child keeps, in the order of SCAN_FD_SETTINGS and after. */
enum { END_SETTINGS, END_SMALL, END_LARGE, END_REPORTS, END_CTL, ENDS };

/* What the child tells before exec; end of file with nothing more means the exec went well. */
struct child_word {
	int	 failed;	/* errno, or 0 */
	char	 what[64];	/* the step that failed, or the walls that stand */
};

static void
close_fd(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

static uint64_t
scratch_size(const struct conf *conf)
{
	const struct scan_settings *s = conf->scan;

	uint64_t	half, one;

	if (conf->parent.scratch_size != 0)
		return conf->parent.scratch_size;
	/*
	 * libclamav may write MaxScanSize and its own copies for each message that
	 * is under way.  Half of the memory bounds it where that is more, or where
	 * MaxScanSize is "0": without a limit.
	 */
	half = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 2;
	one = s->MaxScanSize == 0 || s->MaxScanSize > half ? half : s->MaxScanSize + s->MaxScanSize / 4;
	one *= s->workers_small + s->workers_large;
	return one < half ? one : half;
}

/* Gives a memfd that holds the settings, with the scratch directory put in. */
static int
settings_memfd(const struct conf *conf, char *scratch)
{
	struct scan_settings	 s = *conf->scan;
	struct buf		 b;
	int			 fd = -1;

	s.scratch = scratch;
	buf_init(&b, CTL_FRAME_MAX);
	if (scan_settings_encode(&s, &b) == -1 || b.failed)
		goto out;
	fd = memfd_create("hopward-settings", MFD_CLOEXEC);
	if (fd != -1 && (write(fd, b.data, b.len) != (ssize_t)b.len || lseek(fd, 0, SEEK_SET) == -1))
		close_fd(&fd);
out:
	buf_free(&b);
	return fd;
}

static void
child_fails(int word, const char *what)
{
	struct child_word w = { .failed = errno };

	snprintf(w.what, sizeof(w.what), "%s", what);
	if (write(word, &w, sizeof(w)) != sizeof(w))
		_exit(EX_OSERR);
	_exit(EX_OSERR);
}

/*
 * As root: namespaces and the private tmpfs.  Where the kernel or a container
 * forbids namespaces, the walls are fewer and the word to the parent says so.
 */
static void
child_walls(const struct conf *conf, const struct user *user, struct child_word *w, int word)
{
	char	opts[128], place[32];
	int	fd;

	if (geteuid() != 0)
		return;
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC) == 0 &&
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0) {
		/* The directory above may be another user's: no link is followed. */
		if ((fd = open(conf->parent.scratch, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) == -1)
			child_fails(word, "opening the scratch directory");
		snprintf(place, sizeof(place), "/proc/self/fd/%d", fd);
		snprintf(opts, sizeof(opts), "size=%llu,mode=0700,uid=%u,gid=%u",
		    (unsigned long long)scratch_size(conf), user->uid, user->gid);
		if (mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, opts) == -1)
			child_fails(word, "mount of the scratch tmpfs");
		snprintf(w->what, sizeof(w->what), "mount tmpfs net ipc ");
	} else if (lchown(conf->parent.scratch, user->uid, user->gid) == -1)
		child_fails(word, "chown of the scratch directory");
	if (user_become(user, NULL) == -1)
		child_fails(word, "change to scanner.user");
	strncat(w->what, "uid", sizeof(w->what) - strlen(w->what) - 1);
}

/* Puts the ends at their numbers.  They are moved out of the way first, as the sets may overlap. */
static void
child_descriptors(int ends[ENDS], int *word)
{
	int	i;

	for (i = 0; i < ENDS; i++)
		if ((ends[i] = fcntl(ends[i], F_DUPFD, SCAN_FD_SETTINGS + ENDS + 1)) == -1)
			child_fails(*word, "dup");
	if ((*word = fcntl(*word, F_DUPFD, SCAN_FD_SETTINGS + ENDS + 1)) == -1)
		_exit(EX_OSERR);
	for (i = 0; i < ENDS; i++)
		if (dup2(ends[i], SCAN_FD_SETTINGS + i) == -1)
			child_fails(*word, "dup2");
	if (dup3(*word, SCAN_FD_SETTINGS + ENDS, O_CLOEXEC) == -1)
		_exit(EX_OSERR);
	*word = SCAN_FD_SETTINGS + ENDS;
	close_range((unsigned int)*word + 1, ~0U, 0);
}

static void __attribute__((noreturn))
child(const struct conf *conf, const struct user *user, int ends[ENDS], int word)
{
	struct child_word	 w = { 0 };
	sigset_t		 none;
	char			 name[] = "hopward-scan";
	char			*argv[] = { name, NULL };
	int			 i;

	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	child_descriptors(ends, &word);
	/* A terminal's interrupt is for the one who started us. */
	setpgid(0, 0);
	child_walls(conf, user, &w, word);
	if (write(word, &w, sizeof(w)) != sizeof(w))
		_exit(EX_OSERR);
	execv(conf->parent.scanner_path, argv);
	child_fails(word, "exec");
	_exit(EX_OSERR);
}

/* Reads the child's words until exec closed the pipe.  0, or -1 with err. */
static int
child_listen(int fd, const struct conf *conf, struct generation *gen, char *err, size_t errlen)
{
	struct child_word	 w;
	ssize_t			 n;
	int			 words = 0;

	for (;;) {
		if ((n = read(fd, &w, sizeof(w))) == -1 && errno == EINTR)
			continue;
		if (n != sizeof(w))
			break;
		words++;
		w.what[sizeof(w.what) - 1] = '\0';
		if (w.failed != 0) {
			snprintf(err, errlen, "%s: %s failed: %s", conf->parent.scanner_path, w.what, strerror(w.failed));
			return -1;
		}
		snprintf(gen->walls, sizeof(gen->walls), "%s", w.what);
	}
	if (words > 0)
		return 0;
	snprintf(err, errlen, "%s: died before it started", conf->parent.scanner_path);
	return -1;
}

/* A directory of the generation's own below the configured one, where nothing can be mounted. */
static int
scratch_make(const struct conf *conf, unsigned int number, struct generation *gen, char *err, size_t errlen)
{
	const char *base = conf->parent.scratch;

	if (mkdir(base, 0700) == -1 && errno != EEXIST) {
		snprintf(err, errlen, "scanner.scratch: cannot make %s: %s", base, strerror(errno));
		return -1;
	}
	if (geteuid() == 0)
		return 0;
	if (asprintf(&gen->scratch, "%s/%u-%ld", base, number, (long)getpid()) == -1) {
		gen->scratch = NULL;
		snprintf(err, errlen, "no memory");
		return -1;
	}
	if (mkdir(gen->scratch, 0700) == 0 || errno == EEXIST)
		return 0;
	snprintf(err, errlen, "scanner.scratch: cannot make %s: %s", gen->scratch, strerror(errno));
	return -1;
}

static int
pairs_make(int ours[ENDS], int ends[ENDS])
{
	static const int types[ENDS] = { 0, SOCK_SEQPACKET, SOCK_SEQPACKET, SOCK_SEQPACKET, SOCK_STREAM };
	int	 i, pair[2];

	for (i = END_SMALL; i < ENDS; i++) {
		if (socketpair(AF_UNIX, types[i] | SOCK_CLOEXEC, 0, pair) == -1)
			return -1;
		ours[i] = pair[0];
		ends[i] = pair[1];
	}
	return 0;
}

int
generation_start(const struct conf *conf, unsigned int number, struct generation **out, char *err, size_t errlen)
{
	struct generation	*gen;
	struct user		 user = { 0 };
	int			 ours[ENDS] = { -1, -1, -1, -1, -1 }, ends[ENDS] = { -1, -1, -1, -1, -1 };
	int			 word[2] = { -1, -1 };
	int			 i, rc = -1;

	*out = NULL;
	if ((gen = calloc(1, sizeof(*gen))) == NULL) {
		snprintf(err, errlen, "no memory");
		return -1;
	}
	gen->number = number;
	gen->ctl = gen->small = gen->large = gen->reports = -1;
	gen->started_ns = clock_mono_ns();
	if (geteuid() == 0 && user_lookup(conf->parent.scan_user, &user) == -1) {
		snprintf(err, errlen, "scanner.user: no user \"%s\"", conf->parent.scan_user);
		goto out;
	}
	if (scratch_make(conf, number, gen, err, errlen) == -1)
		goto out;
	ends[END_SETTINGS] = settings_memfd(conf, gen->scratch != NULL ? gen->scratch : conf->parent.scratch);
	if (ends[END_SETTINGS] == -1 || pairs_make(ours, ends) == -1 || pipe2(word, O_CLOEXEC) == -1 ||
	    (gen->pid = fork()) == -1) {
		snprintf(err, errlen, "cannot start %s: %s", conf->parent.scanner_path, strerror(errno));
		goto out;
	}
	if (gen->pid == 0)
		child(conf, &user, ends, word[1]);
	close_fd(&word[1]);
	if (child_listen(word[0], conf, gen, err, errlen) == -1) {
		waitpid(gen->pid, NULL, 0);
		goto out;
	}
	gen->small = ours[END_SMALL];
	gen->large = ours[END_LARGE];
	gen->reports = ours[END_REPORTS];
	gen->ctl = ours[END_CTL];
	for (i = 0; i < ENDS; i++)
		ours[i] = -1;
	*out = gen;
	gen = NULL;
	rc = 0;
out:
	for (i = 0; i < ENDS; i++) {
		close_fd(&ours[i]);
		close_fd(&ends[i]);
	}
	close_fd(&word[0]);
	close_fd(&word[1]);
	generation_free(gen);
	return rc;
}

/* The scanner loads strangers' files into its memory: each of its frames is checked like a stranger's. */
static int
frame_take(struct generation *gen, uint32_t type, const struct buf *b, char *err, size_t errlen)
{
	struct wire	 w;
	char		*why;

	wire_init(&w, b->data, b->len);
	switch (type) {
	case SCAN_CTL_READY:
		if (gen->info != NULL || engine_info_decode(b->data, b->len, &gen->info) == -1)
			break;
		return 1;
	case SCAN_CTL_FAILED:
		why = wire_str(&w);
		snprintf(err, errlen, "%s", why != NULL ? why : "no reason given");
		free(why);
		return -1;
	case SCAN_CTL_CRASHES:
		gen->crashes = wire_u32(&w);
		if (wire_end(&w) == -1)
			break;
		return 2;
	default:
		break;
	}
	snprintf(err, errlen, "hopward-scan[%ld] sent a bad frame (type %u, %zu octets)", (long)gen->pid, type, b->len);
	return -1;
}

int
generation_event(struct generation *gen, char *err, size_t errlen)
{
	struct buf		 b;
	uint32_t		 type = 0;
	enum frame_status	 st;
	int			 rc;

	buf_init(&b, CTL_FRAME_MAX);
	st = frame_read(gen->ctl, clock_mono_ns() + FRAME_WAIT_NS, &type, &b);
	if (st == FRAME_OK)
		rc = frame_take(gen, type, &b, err, errlen);
	else {
		snprintf(err, errlen, "hopward-scan[%ld] %s", (long)gen->pid,
		    st == FRAME_EOF ? "ended" : "sent no whole frame");
		rc = -1;
	}
	buf_free(&b);
	return rc;
}

void
generation_close(struct generation *gen)
{
	close_fd(&gen->small);
	close_fd(&gen->large);
	close_fd(&gen->reports);
	close_fd(&gen->ctl);
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) == -1 && errno != ENOENT ? -1 : 0;
}

void
generation_free(struct generation *gen)
{
	if (gen == NULL)
		return;
	generation_close(gen);
	if (gen->scratch != NULL)
		nftw(gen->scratch, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	free(gen->scratch);
	engine_info_free(gen->info);
	free(gen);
}
