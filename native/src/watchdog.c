#include "watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "privileges.h"

/* A busy kernel may refuse a transaction; each attempt is whole or nothing. */
enum { ATTEMPTS = 5, LOOK_MILLISECONDS = 100 };

/* Suspended time counts: a host that wakes up shall not wait once more. */
static long long now_milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void rest(long milliseconds)
{
	struct timespec left = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		continue;
}

static int is_gone(const char *path)
{
	return access(path, F_OK) < 0 && errno == ENOENT;
}

/* 0 when nft has run the script. */
static int run_nft(const char *script)
{
	pid_t child = fork();
	if (child == 0) {
		execlp("nft", "nft", "-f", script, (char *)NULL);
		_exit(127);
	}
	int status = 0;
	while (child > 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Nobody holds a terminal, a pipe or a process group by which we could be ended together with the agent. */
static int detach(void)
{
	/* Fails only for who leads a session already. */
	setsid();
	for (const int *at = (const int[]){SIGHUP, SIGINT, SIGTERM, SIGPIPE, 0}; *at != 0; at++)
		signal(*at, SIG_IGN);
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || chdir("/") < 0)
		return -1;
	const char *path = getenv("PATH");
	char all[PATH_MAX];
	snprintf(all, sizeof all, "%s%s/usr/sbin:/usr/bin:/sbin:/bin", path == NULL ? "" : path, path == NULL ? "" : ":");
	setenv("PATH", all, 1);
	/* The agent waits for this line, and then never reads again. */
	if (write(STDOUT_FILENO, "watching\n", 9) != 9)
		return -1;
	return dup2(nothing, STDOUT_FILENO) < 0 ? -1 : 0;
}

static int undo(const char *script, const char *taken)
{
	char reverted[PATH_MAX], failed[PATH_MAX];
	snprintf(reverted, sizeof reverted, "%s.reverted", script);
	snprintf(failed, sizeof failed, "%s.failed", script);
	for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
		if (run_nft(taken) == 0) {
			/* Names say what was done: a full disk has no room for more. */
			rename(taken, reverted);
			fprintf(stderr, "bulkhead-helper: nobody kept the last change of rules, what was before is back\n");
			return 0;
		}
		if (attempt < ATTEMPTS)
			rest(1000);
	}
	rename(taken, failed);
	fprintf(stderr, "Cannot take back the last change of rules: nft refused \"%s\", the agent has to load them anew\n",
		failed);
	return 3;
}

int watchdog_run(unsigned seconds, const char *script)
{
	char taken[PATH_MAX];
	/* The longest name made of it needs ten bytes more. */
	if (script[0] != '/' || strlen(script) + 16 > sizeof taken || is_gone(script)) {
		fprintf(stderr, "Cannot watch \"%s\": it is not there, the whole path of a script is needed\n", script);
		return 2;
	}
	long long deadline = now_milliseconds() + (long long)seconds * 1000;
	if (keep_network_administration() < 0 || detach() < 0) {
		perror("Cannot watch over a change of rules");
		return 3;
	}
	while (now_milliseconds() < deadline) {
		if (is_gone(script))
			return 0;
		rest(LOOK_MILLISECONDS);
	}
	snprintf(taken, sizeof taken, "%s.taken", script);
	/* Whoever renames it decides; the other finds it gone. */
	if (rename(script, taken) < 0) {
		if (errno == ENOENT)
			return 0;
		perror("Cannot take back the last change of rules");
		return 3;
	}
	return undo(script, taken);
}
