/* witness.c - tell what a sandbox looks like from inside, so that two of them can be compared.
 *
 * Everything it prints is the same in every undisturbed run; process and mount numbers are left out. */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

extern char **environ;

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void folder(const char *path)
{
	struct dirent **names;
	int count = scandir(path, &names, NULL, by_name);

	for (int i = 0; i < count; i++) {
		char file[512], target[256] = "";
		struct stat st;

		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (lstat(file, &st) != 0)
			continue;
		if (S_ISLNK(st.st_mode) && readlink(file, target, sizeof(target) - 1) < 0)
			target[0] = '\0';
		printf("file %s mode %o owner %u:%u size %ld %s\n", file, st.st_mode, st.st_uid,
		       st.st_gid, S_ISREG(st.st_mode) ? (long)st.st_size : 0, target);
	}
}

/* "36 35 98:0 /root /point options fields - type source super-options", without the numbers */
static void mounts(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[1024];

	while (f && fgets(line, sizeof(line), f)) {
		char *rest = line;

		for (int i = 0; i < 3 && rest; i++)
			rest = strchr(rest + 1, ' ');
		printf("mount%s", rest ? rest : " ?\n");
	}
	if (f)
		fclose(f);
}

static void status(void)
{
	static const char *const wanted[] = { "Uid:",	     "Gid:",	"Groups:", "Cap",
					      "NoNewPrivs:", "Seccomp", "SigIgn:", "SigBlk:",
					      "Threads:",    "NSpid:" };
	FILE *f = fopen("/proc/self/status", "re");
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0)
				printf("status %s", line);
	if (f)
		fclose(f);
}

int main(void)
{
	static const char *const folders[] = { "/",	"/etc",		 "/dev",  "/dev/pts",
					       "/home", "/home/sandbox", "/run",  "/var",
					       "/data", "/rw",		 "/extra" };
	char here[256] = "", host[64] = "";
	struct rlimit limit;
	struct statfs fs;

	for (char **var = environ; *var; var++)
		printf("env %s\n", *var);
	for (int fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf("fd %d\n", fd);
	for (int i = 0; i < RLIM_NLIMITS; i++)
		if (getrlimit(i, &limit) == 0)
			printf("rlimit %d %lx %lx\n", i, limit.rlim_cur, limit.rlim_max);
	gethostname(host, sizeof(host));
	printf("host %s cwd %s umask %o\n", host, getcwd(here, sizeof(here)), umask(0));
	printf("own session %d scheduler %d nice %d writable home %d\n", getsid(0) == getpid(),
	       sched_getscheduler(0), getpriority(PRIO_PROCESS, 0), access(here, W_OK) == 0);
	if (statfs("/tmp", &fs) == 0)
		printf("disk %lu blocks %lu inodes\n", fs.f_blocks, fs.f_files);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		folder(folders[i]);
	mounts();
	status();
	return 0;
}
