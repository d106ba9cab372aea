/* Rules over several keys, and what this version refuses. */
#include "profiles/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/tap.h"

static char *const command[] = { (char[]){ "true" }, NULL };

static struct policy good(void)
{
	return (struct policy){ .status_fd = -1, .argv = (char **)(uintptr_t)command };
}

static void takes(const struct policy *p, const char *what)
{
	struct err e = { 0 };

	if (!ok(check_policy(p, &e) == 0, "taken: %s", what))
		diag("%s", e.msg);
}

static void refuses(const struct policy *p, const char *message)
{
	struct err e = { 0 };

	is_int(check_policy(p, &e), -1, "refused: %s", message);
	ok(strstr(e.msg, message) != NULL, "%s", e.msg);
}

static void check_available(void)
{
	struct policy p = good();

	takes(&p, "the least there can be");
	p.unavailable = "meta";
	refuses(&p, "--meta is not available in this version");
	p = good();
	p.tty = TTY_YES;
	takes(&p, "--tty yes");
}

static void check_network(void)
{
	struct policy p = good();

	p.gate = true;
	refuses(&p, "--gate contradicts --net none");
	p.net = NET_DENY;
	takes(&p, "--gate with --net deny");
}

static void check_command(void)
{
	struct policy p = good();
	char *const nothing[] = { NULL }, *const empty[] = { (char[]){ "" }, NULL };

	p.argv = (char **)(uintptr_t)nothing;
	refuses(&p, "no command");
	p.argv = NULL;
	refuses(&p, "no command");
	p.argv = (char **)(uintptr_t)empty;
	refuses(&p, "empty word");
}

static void check_walls(void)
{
	struct policy p = good();

	p.walls_required = 1u << WALL_SECCOMP | 1u << WALL_NNP;
	p.walls_may_miss = 1u << WALL_CGROUP_CPU;
	takes(&p, "disjoint sets");
	p.walls_may_miss |= 1u << WALL_SECCOMP;
	refuses(&p, "'seccomp' is both in --require and in --allow-missing");
	p = good();
	p.walls_required = 1u << WALL_APPARMOR;
	p.apparmor = WANT_OFF;
	refuses(&p, "--require apparmor contradicts --apparmor off");
	p.walls_required = 1u << WALL_LANDLOCK;
	p.landlock = WANT_OFF;
	refuses(&p, "--require landlock contradicts --landlock off");
}

static void check_descriptors(void)
{
	struct policy p = good();
	int fds[2];

	if (!ok(pipe2(fds, O_CLOEXEC) == 0, "a pipe"))
		return;
	p.status_fd = fds[1];
	takes(&p, "a status descriptor that can be written");
	p.status_fd = fds[0];
	refuses(&p, "can't be written");
	p.status_fd = 1000;
	refuses(&p, "--status-fd 1000: this descriptor is not open");
	p.status_fd = fds[1];
	p.pass_fds[0] = fds[0];
	p.pass_fd_count = 1;
	takes(&p, "another descriptor passed");
	p.pass_fds[0] = fds[1];
	refuses(&p, "could forge --status-fd");
	p.pass_fds[0] = 1000;
	refuses(&p, "--pass-fd 1000: this descriptor is not open");
	close(fds[0]);
	close(fds[1]);
}

static char *join(const char *directory, const char *name)
{
	size_t len = strlen(directory) + strlen(name) + 2;
	char *path = malloc(len);

	snprintf(path, len, "%s/%s", directory, name);
	return path;
}

/* base/tree is shown writable; base/link leads into it. */
static void refuses_audit(const struct policy *p, int fd, const char *message)
{
	struct err e = { 0 };

	is_int(check_audit_file(p, fd, &e), -1, "refused: %s", message);
	ok(strstr(e.msg, message) != NULL, "%s", e.msg);
}

static void check_audit(void)
{
	char base[] = "/tmp/check-XXXXXX", *log, *other, *dotted;
	struct file_entry shown = { .kind = FILE_RW };
	struct policy p = good();
	struct err e = { 0 };
	int fd;

	ok(mkdtemp(base) != NULL, "a directory");
	log = join(base, "log");
	other = join(base, "other");
	dotted = join(base, ".//log");
	p.audit_path = p.record_path = log;
	is_int(check_replaced_path(&p, "--record", p.record_path, &e), -1,
	       "the record would replace the log, before both are there");
	p.record_path = dotted;
	is_int(check_replaced_path(&p, "--record", p.record_path, &e), -1, "by another name");
	p.record_path = other;
	is_int(check_replaced_path(&p, "--record", p.record_path, &e), 0, "a file beside it");
	fd = open(log, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	is_int(check_audit_file(&p, fd, &e), 0, "a log of its own");
	ok(link(log, other) == 0, "a second name");
	is_int(check_replaced_path(&p, "--record", p.record_path, &e), -1,
	       "the record is the log by a second name");
	p.record_path = NULL;
	p.stdout_path = other;
	refuses_audit(&p, fd, "is the file of --stdout too");
	p.stdout_path = NULL;
	p.stdin_path = log;
	refuses_audit(&p, fd, "is the file of --stdin too");
	p.stdin_path = NULL;
	shown.source = other;
	p.files = &shown;
	p.file_count = 1;
	refuses_audit(&p, fd, "is shown to the command by --rw");
	shown.kind = FILE_RO;
	is_int(check_audit_file(&p, fd, &e), 0, "shown for reading");
	refuses_audit(&p, 1, "of the command too");
	unlink(log);
	unlink(other);
	rmdir(base);
	close(fd);
	free(log);
	free(other);
	free(dotted);
}

static void check_results(void)
{
	char base[] = "/tmp/check-XXXXXX";
	struct policy p = good();
	char *tree, *link, *near, *below, *through, *outside;
	struct file_entry files[2] = { { .kind = FILE_RO }, { .kind = FILE_RW } };

	ok(mkdtemp(base) != NULL, "a directory");
	tree = join(base, "tree");
	link = join(base, "link");
	near = join(base, "tree2");
	ok(mkdir(tree, 0700) == 0 && mkdir(near, 0700) == 0 && symlink("tree", link) == 0, "a tree");
	below = join(tree, "r.json");
	through = join(link, "r.json");
	outside = join(near, "r.json");
	files[0].source = base;
	files[1].source = tree;
	p.files = files;
	p.file_count = 2;
	p.record_path = outside;
	takes(&p, "beside the writable tree, below a read-only one");
	p.record_path = below;
	refuses(&p, "lies below --rw");
	p.record_path = through;
	refuses(&p, "lies below --rw");
	files[1].source = link;
	p.record_path = below;
	refuses(&p, "lies below --rw");
	p.record_path = NULL;
	p.stdout_path = below;
	refuses(&p, "--stdout");
	p.stdout_path = NULL;
	p.stderr_path = below;
	refuses(&p, "--stderr");
	p.stderr_path = (char[]){ "/nonexistent/dir/file" };
	refuses(&p, "No such file or directory");
	p.stderr_path = outside;
	takes(&p, "standard error to a file");
	p.stderr_to_stdout = true;
	refuses(&p, "--stderr-to-stdout contradicts --stderr");
	rmdir(near);
	unlink(link);
	rmdir(tree);
	rmdir(base);
	for (char **path = (char *[]){ tree, link, near, below, through, outside, NULL }; *path;
	     path++)
		free(*path);
}

static void check_secrets(void)
{
	struct secret secret = { .name = "s", .source = SECRET_FD, .fd = 9 };
	struct file_entry file = { FILE_RO, NULL, (char[]){ "/run/secrets" } };
	struct policy p = good();
	static const struct {
		enum file_kind kind;
		const char *target;
		bool refused;
	} places[] = {
		{ FILE_RO, "/run/secrets", true },
		{ FILE_HIDE, "/run/secrets", true },
		{ FILE_TMPFS, "/run/secrets/s", true },
		{ FILE_RW, "/var/run/secrets", true },
		{ FILE_HIDE, "/run", true },
		{ FILE_RO, "/var/run", true },
		{ FILE_RW, "/run", true },
		{ FILE_TMPFS, "/run", false },
		{ FILE_RO, "/run/secretsx", false },
		{ FILE_RO, "/run/x", false },
		{ FILE_TMPFS, "/var/runx", false },
	};

	p.secrets = &secret;
	p.secret_count = 1;
	close(9);
	refuses(&p, "descriptor 9 is not open");
	dup2(1, 9); /* lint: cloexec-ok: a test */
	takes(&p, "a secret from a descriptor");
	p.pass_fds[p.pass_fd_count++] = 9;
	refuses(&p, "is that of --pass-fd");
	p.pass_fd_count = 0;
	p.status_fd = 9;
	refuses(&p, "is that of --status-fd");
	p.status_fd = -1;
	p.files = &file;
	p.file_count = 1;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char target[32];

		snprintf(target, sizeof(target), "%s", places[i].target);
		file = (struct file_entry){ places[i].kind, NULL, target };
		if (places[i].refused)
			refuses(&p, "can't be a target of a run with secrets");
		else
			takes(&p, target);
	}
	p.secret_count = 0;
	file = (struct file_entry){ FILE_TMPFS, NULL, (char[]){ "/run/secrets" } };
	takes(&p, "the same place in a run without secrets");
	close(9);
}

int main(void)
{
	check_available();
	check_network();
	check_command();
	check_walls();
	check_descriptors();
	check_results();
	check_audit();
	check_secrets();
	return done();
}
