/* The read-back's pure parts: texts as the kernel writes them, right and wrong in one place each. */
#include "sandbox/readback.h"

#include "base/text.h"
#include "sandbox/host.h"
#include "tests/unit/tap.h"

#define STATUS(uid, groups, bnd, nnp, mode, filters)                                        \
	"Name:\tsh\nUid:\t" uid "\nGid:\t7\t7\t7\t7\nGroups:\t" groups " \n"                \
	"SigIgn:\t0000000000001000\nCapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n" \
	"CapEff:\t0000000000000000\nCapBnd:\t" bnd "\nCapAmb:\t0000000000000000\n"          \
	"NoNewPrivs:\t" nnp "\nSeccomp:\t" mode "\nSeccomp_filters:\t" filters "\n"

#define NO_CAPS "0000000000000000"
#define IDS "5\t5\t5\t5"

static void test_status(void)
{
	static struct plan plan = { .root = true, .filter_count = 2, .seccomp_name = "default" };
	static struct readback rb = { .plan = &plan, .host_uid = 5, .host_gid = 7 };
	static struct wall_report walls[WALL_COUNT];
	static const struct {
		const char *text, *name;
	} wrong[] = {
		{ STATUS("5\t5\t0\t5", "", NO_CAPS, "1", "2", "2"), "a saved uid of 0" },
		{ STATUS(IDS, "4 24", NO_CAPS, "1", "2", "2"), "a supplementary group (root)" },
		{ STATUS(IDS, "", "0000000000000001", "1", "2", "2"), "a bounding capability" },
		{ STATUS(IDS, "", NO_CAPS, "0", "2", "2"), "no no_new_privs" },
		{ STATUS(IDS, "", NO_CAPS, "1", "0", "0"), "no seccomp" },
		{ STATUS(IDS, "", NO_CAPS, "1", "2", "1"), "one filter of two" },
		{ "Name:\tsh\n", "missing lines" },
	};

	ok(!readback_status(&rb, STATUS(IDS, "", NO_CAPS, "1", "2", "2"), walls), "as planned");
	ok(walls[WALL_CAPS].state == WALL_APPLIED && walls[WALL_CAPS].read_back, "reported as read");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ok(readback_status(&rb, wrong[i].text, walls) != NULL, "%s", wrong[i].name);
	plan.root = false;
	ok(!readback_status(&rb, STATUS(IDS, "4 24", NO_CAPS, "1", "2", "2"), walls) &&
		   walls[WALL_GROUPS].state == WALL_ABSENT,
	   "an ordinary user's groups are absent, not hidden");
}

#define ROOT_LINE "85 42 0:40 / / ro,nosuid - tmpfs r rw\n"

static const char *mounts(const struct plan *plan, const char *mountinfo)
{
	char path[256];

	return readback_mounts(plan, mountinfo, path, sizeof(path));
}

static void test_mounts(void)
{
	static struct tree_row rows[] = {
		{ .kind = TREE_SCRATCH, .target = "/tmp", .writable = true },
		{ .kind = TREE_BIND, .target = "/out", .writable = true },
		{ .kind = TREE_HIDE, .target = "/proc/keys" },
		{ .kind = TREE_BIND, .target = "/out/ro" },
		{ .kind = TREE_BIND, .target = "/o s", .writable = true },
	};
	struct plan plan = { .rows = rows, .row_count = 5 };

	ok(!mounts(&plan, ROOT_LINE "1 85 0:1 / /tmp rw,nosuid - tmpfs t rw\n"), "scratch");
	ok(!mounts(&plan, ROOT_LINE "1 85 0:1 / /out/deep rw,nosuid - ext4 t rw\n"),
	   "a mount below a writable tree");
	ok(!mounts(&plan, ROOT_LINE "1 85 0:6 /null /proc/keys rw,nosuid - devtmpfs d rw\n"),
	   "a cover");
	ok(mounts(&plan, "85 42 0:40 / / rw,nosuid - tmpfs r rw\n") != NULL, "a writable root");
	ok(mounts(&plan, ROOT_LINE "1 85 0:1 / /usr rw,nosuid - ext4 d rw\n") != NULL,
	   "a writable /usr");
	ok(mounts(&plan, ROOT_LINE "1 85 0:1 / /tmpx rw,nosuid - tmpfs t rw\n") != NULL,
	   "a longer name is another directory");
	ok(mounts(&plan, ROOT_LINE "1 85 0:1 / /dev rw,nosuid - devtmpfs d rw\n") != NULL,
	   "the host's whole /dev");
	ok(mounts(&plan, ROOT_LINE "1 85 0:1 / /out/ro rw,nosuid - ext4 d rw\n") != NULL,
	   "a read-only tree inside a writable one");
	ok(mounts(&plan, ROOT_LINE "1 85 0:1 / /tmp rw,relatime - tmpfs t rw\n") != NULL,
	   "a mount without nosuid");
	ok(!mounts(&plan, ROOT_LINE "1 85 0:1 / /o\\040s rw,nosuid - ext4 d rw\n"),
	   "an escaped space");
	ok(mounts(&plan, "") != NULL, "no mounts at all");
	ok(mounts(&plan, "garbage\n") != NULL, "garbage");
}

#define SECRETS_LINE(flags) "9 85 0:9 / /run/secrets " flags " - tmpfs enclave-secrets ro\n"

static void test_secrets(void)
{
	static struct tree_row rows[] = {
		{ .kind = TREE_SCRATCH, .target = "/run", .writable = true },
		{ .kind = TREE_SECRETS, .target = SECRET_DIR },
	};
	struct plan plan = { .rows = rows, .row_count = 2, .secret_count = 1 };

	ok(!mounts(&plan, ROOT_LINE SECRETS_LINE("ro,nosuid,nodev,noexec,relatime")), "secrets");
	ok(mounts(&plan, ROOT_LINE) != NULL, "secrets that were planned and are not there");
	ok(mounts(&plan, ROOT_LINE SECRETS_LINE("rw,nosuid,nodev,noexec")) != NULL,
	   "secrets that can be written");
	ok(mounts(&plan, ROOT_LINE SECRETS_LINE("ro,nosuid,nodev,relatime")) != NULL,
	   "secrets that can be executed");
	ok(mounts(&plan, ROOT_LINE SECRETS_LINE("ro,nosuid,noexec")) != NULL,
	   "devices among the secrets");
	plan.secret_count = 0;
	plan.row_count = 1;
	ok(!mounts(&plan, ROOT_LINE SECRETS_LINE("rw,nosuid")),
	   "without secrets any mount may be there");
}

static void test_links(void)
{
#define HEAD "Inter-|   Receive\n face |bytes\n"
	ok(!readback_links(HEAD "    lo:       0       0\n", false), "loopback only");
	ok(readback_links(HEAD "    lo: 0\n  eth0: 1\n", false) != NULL, "a second interface");
	ok(readback_links("", false) != NULL, "no list");
	ok(!readback_links(HEAD "    lo: 0\n  eth0: 1\n", true), "the network's interface");
	ok(readback_links(HEAD "    lo: 0\n", true) != NULL, "no interface");
	ok(readback_links(HEAD "    lo: 0\n  eth0: 1\n eth1: 1\n", true) != NULL, "a third");
	ok(readback_links(HEAD "    lo: 0\n  eth0: 1\n  eth0: 1\n", true) != NULL, "twice");
	ok(readback_links(HEAD "    lo: 0\n  tunl0: 1\n", true) != NULL, "another one");
}

static void test_routes(void)
{
	const struct subnet net = subnet_of_slot(0x1234);
#define ROUTES "Iface\tDestination\tGateway\tFlags\n"
#define TO_GATEWAY "eth0\t00000000\tD148C80A\t0003\t0\n"
#define OWN "eth0\tD048C80A\t00000000\t0001\t0\n"
	ok(!readback_routes(ROUTES TO_GATEWAY OWN, &net), "the two routes");
	ok(readback_routes(ROUTES OWN, &net) != NULL, "no way to the gateway");
	ok(readback_routes(ROUTES, &net) != NULL && readback_routes("", &net) != NULL, "no routes");
	ok(readback_routes(ROUTES TO_GATEWAY OWN "eth0\t0000000A\t00000000\t0001\n", &net) != NULL,
	   "a wider network");
	ok(readback_routes(ROUTES TO_GATEWAY "eth0\t00000000\tFF48C80A\t0003\n", &net) != NULL,
	   "another gateway");
	ok(readback_routes(ROUTES TO_GATEWAY "eth1\t00000000\tD148C80A\t0003\n", &net) != NULL,
	   "another interface");
	ok(readback_routes(ROUTES "eth0\tx\n", &net) != NULL, "garbage");
}

static void test_helper(void)
{
#define HELPER_CAPS "CapInh:\t0\nCapPrm:\t0\nCapEff:\t0\nCapAmb:\t0\n"
	ok(!readback_helper(HELPER_CAPS "NoNewPrivs:\t1\nSeccomp:\t2\n"), "confined");
	ok(readback_helper(HELPER_CAPS "NoNewPrivs:\t0\nSeccomp:\t2\n") != NULL, "privileges");
	ok(readback_helper(HELPER_CAPS "NoNewPrivs:\t1\nSeccomp:\t0\n") != NULL, "no filter");
	ok(readback_helper("CapInh:\t0\nCapPrm:\t1\nCapEff:\t0\nCapAmb:\t0\nNoNewPrivs:\t1\n"
			   "Seccomp:\t2\n") != NULL,
	   "a capability");
}

static void test_host(void)
{
	struct host h = { .gid = 4 };

	ok(host_parse_status("Groups:\t4 \nSigIgn:\t0000000000001000\nCapEff:\t00000000a80425fb\n",
			     &h),
	   "a status text");
	ok(!h.has_groups && h.ignored_signals == 0x1000 && h.capabilities == 0xa80425fb,
	   "its fields");
	ok(host_parse_status("Groups:\t4 20 \nSigIgn:\t0\nCapEff:\t0\n", &h) && h.has_groups,
	   "a second group counts");
	ok(!host_parse_status("Groups:\t\n", &h), "missing lines are noticed");
	ok(host_maps_id("         0          0 4294967295\n", 1879048192), "the whole map");
	ok(!host_maps_id("0 1000 1\n1 100000 65536\n", 1879048192), "a container's map");
	ok(host_maps_id("0 1000 1\n1879048192 5 1\n", 1879048192), "the second line of a map");
}

int main(void)
{
	test_status();
	test_mounts();
	test_secrets();
	test_links();
	test_routes();
	test_helper();
	test_host();
	return done();
}
