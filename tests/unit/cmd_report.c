/* Pages of records: of every kind of run, of hostile bytes, and of what is hardly a record. */
#include <unistd.h>

#include "cmd/record_read.h"
#include "tests/unit/report_sound.h"
#include "tests/unit/tap.h"

#define HOSTILE                                                                     \
	"</script><img src=x onerror=alert(1)>\\u202e\\u0007\\u001b[31m|`**_[x](y)" \
	"&amp;\\\"'\\n\\n# h\\n| a | b |\\n```\\n<b>@you http://x"
#define HEAD "\"schema\":\"enclave-run/record/1\""

static json_t *record_of(const char *text)
{
	json_error_t why;
	json_t *record = json_loads(text, JSON_DECODE_ANY, &why);

	if (!record)
		diag("%s at %d in %s", why.text, why.position, text);
	return record;
}

static void pages_are_sound(const char *text, const char *what)
{
	static const char *const formats[] = { "text", "ascii", "md", "html" };
	json_t *record = record_of(text);

	for (unsigned i = 0; i < SOUND_FORMATS; i++) {
		char *page = sound_page(record, (enum sound_format)i);
		const char *wrong = sound(page, (enum sound_format)i);

		if (!ok(!wrong, "%s: %s", what, formats[i]))
			diag("%s in\n%s", wrong, page);
		free(page);
	}
	json_decref(record);
}

static void says(const char *text, enum sound_format format, const char *want)
{
	json_t *record = record_of(text);
	char *page = sound_page(record, format);

	if (!ok(strstr(page, want) != NULL, "says %s", want))
		diag("%s", page);
	free(page);
	json_decref(record);
}

static void says_not(const char *text, enum sound_format format, const char *bad)
{
	json_t *record = record_of(text);
	char *page = sound_page(record, format);

	ok(strstr(page, bad) == NULL, "does not say %s", bad);
	free(page);
	json_decref(record);
}

static const char killed[] =
	"{" HEAD
	",\"status\":\"killed\",\"reason\":\"memory\",\"certainty\":\"exact\",\"signal\":9,"
	"\"exit_code\":null,\"argv\":[\"sh\",\"-c\",\"it's\",\"a b\",\"\"],\"usage\":{\"wall_ns\":40000000,"
	"\"memory_peak_bytes\":52428800,\"cpu_user_ns\":10000000,\"cpu_system_ns\":10000000},"
	"\"limits\":{\"memory\":{\"value\":52428800,\"unit\":\"bytes\",\"enforced_by\":\"cgroup\"},"
	"\"cpus\":{\"value\":null,\"enforced_by\":\"none\"}},"
	"\"timeline\":{\"interval_ns\":10,\"samples\":[[10000000,1048576,1,1],[30000000,52428800,2,3]]},"
	"\"walls\":{\"seccomp\":{\"state\":\"applied\",\"detail\":\"default\",\"read_back\":true},"
	"\"apparmor\":{\"state\":\"absent\",\"detail\":\"no LSM\",\"read_back\":false}},"
	"\"violations\":[{\"syscall\":\"mount\",\"count\":3,\"pid\":7,\"action\":\"refused\"}],"
	"\"egress\":{\"allowed\":1,\"denied\":2,\"bytes_in\":5,\"bytes_out\":6,\"denials\":["
	"{\"host\":\"evil.example\",\"address\":\"192.0.2.1\",\"port\":443,\"protocol\":\"tcp\",\"count\":2,"
	"\"hint\":\"--allow evil.example:443\"},{\"address\":\"2001:db8::1\",\"port\":53}]},"
	"\"evidence\":{\"oom_kills\":1,\"stopped\":false,\"ancestor\":\"/outer\"},\"newcomer\":{\"a\":[1]},"
	"\"secrets_used\":[\"token\"],\"labels\":{\"build\":\"42\"},\"warnings\":[\"careful\"]}";

static void check_killed(void)
{
	static const char *const both[] = {
		"verdict exact, after 40 ms, SIGKILL",
		"50 MiB (peak)",
		"100 %",
		"0.5 cpus (average)",
		"apparmor",
		"no LSM",
		"mount",
		"evil.example:443 (192.0.2.1)",
		"[2001:db8::1]:53",
		"--allow evil.example:443",
		"careful",
		"token",
		"build",
		"ancestor",
		"/outer",
		"newcomer",
		"{\"a\": [1]}",
	};

	pages_are_sound(killed, "a killed run");
	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		says(killed, SOUND_TEXT, both[i]);
		if (!strchr(both[i], '"'))
			says(killed, SOUND_HTML, both[i]);
		says(killed, SOUND_MD, both[i]);
	}
	says(killed, SOUND_TEXT, "verdict   killed: memory (");
	says(killed, SOUND_TEXT, "cause     the kernel killed for memory");
	says(killed, SOUND_TEXT, "command   sh -c $'it\\'s' 'a b' ''\n");
	says(killed, SOUND_HTML, "limit 50 MiB</text>");
	says(killed, SOUND_HTML, "class=\"line\" d=\"M");
	says(killed, SOUND_HTML, "class=\"end\"");
	says_not(killed, SOUND_TEXT, "stopped");
	says(killed, SOUND_MD, "### \u274c enclave-run: `killed: memory`");
}

#define ENDED(rest) "{" HEAD ",\"certainty\":\"exact\"," rest "}"

static void check_verdicts(void)
{
	char running[200];
	json_t *lives, *lost;

	says(ENDED("\"status\":\"exited\",\"reason\":\"exit\",\"exit_code\":3"), SOUND_TEXT,
	     "verdict   exited with 3 (");
	says(ENDED("\"status\":\"exited\",\"reason\":\"exit\",\"exit_code\":0"), SOUND_HTML,
	     "<header class=\"good\">");
	says(ENDED("\"status\":\"signaled\",\"reason\":\"signal\",\"signal\":11,\"core_dumped\":true"),
	     SOUND_TEXT, "ended by SIGSEGV (verdict exact, SIGSEGV, core dumped)");
	says(ENDED("\"status\":\"signaled\",\"reason\":\"signal\",\"signal\":4000000000"),
	     SOUND_TEXT, "ended by signal 4000000000");
	says(ENDED("\"status\":\"refused\",\"reason\":\"setup\",\"error\":{\"message\":\"no such file\"}"),
	     SOUND_TEXT, "cause     no such file\n");
	says(ENDED("\"status\":\"killed\",\"reason\":\"external-kill\",\"cause\":\"pid 7 did it\""),
	     SOUND_TEXT, "cause     pid 7 did it\n");
	says(ENDED("\"status\":\"killed\",\"reason\":\"a-new-one\""), SOUND_TEXT,
	     "killed: a-new-one");
	says("{" HEAD ",\"status\":\"running\"}", SOUND_TEXT,
	     "killed: launcher-lost (verdict inferred)");
	says("{" HEAD ",\"status\":\"running\",\"launcher\":{\"pid\":1,\"start_ticks\":1}}",
	     SOUND_HTML, "the launcher vanished");
	says("{" HEAD "}", SOUND_TEXT, "no status: no reason");
	snprintf(running, sizeof(running),
		 "{\"status\":\"running\",\"launcher\":{\"pid\":%d,\"start_ticks\":0}}", getpid());
	lost = record_of(running);
	is_int(record_state(lost), RECORD_LOST, "our pid, but another start");
	json_decref(lost);
	lives = record_of("{\"status\":\"exited\"}");
	is_int(record_state(lives), RECORD_ENDED, "ended");
	json_decref(lives);
}

static void check_hostile(void)
{
	pages_are_sound("{" HEAD ",\"status\":\"" HOSTILE "\",\"reason\":\"" HOSTILE
			"\",\"certainty\":\"" HOSTILE "\",\"cause\":\"" HOSTILE
			"\",\"argv\":[\"" HOSTILE "\",\"" HOSTILE "\"],\"labels\":{\"" HOSTILE
			"\":\"" HOSTILE "\"},\"warnings\":[\"" HOSTILE "\"]}",
			"the head");
	pages_are_sound("{\"limits\":{\"" HOSTILE "\":{\"value\":1,\"unit\":\"" HOSTILE
			"\",\"enforced_by\":\"" HOSTILE "\"}},\"walls\":{\"" HOSTILE
			"\":{\"state\":\"" HOSTILE "\",\"detail\":\"" HOSTILE
			"\",\"read_back\":\"" HOSTILE "\"}},\"violations\":[{\"syscall\":\"" HOSTILE
			"\",\"action\":\"" HOSTILE "\"}]}",
			"limits, walls, violations");
	pages_are_sound("{\"egress\":{\"allowed\":\"" HOSTILE "\",\"denials\":[{\"host\":\"" HOSTILE
			"\",\"address\":\"" HOSTILE "\",\"rule\":\"" HOSTILE "\",\"hint\":\"" HOSTILE
			"\",\"protocol\":\"" HOSTILE "\"}]},\"secrets_used\":[\"" HOSTILE
			"\"],\"evidence\":{\"" HOSTILE "\":\"" HOSTILE "\"},\"" HOSTILE
			"\":\"" HOSTILE "\",\"usage\":{\"" HOSTILE "\":\"" HOSTILE
			"\"},\"host\":{\"kernel\":\"" HOSTILE "\"},\"session\":\"" HOSTILE "\"}",
			"egress and the rest");
}

static void check_hardly(void)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"null",
		"7",
		"\"x\"",
		"{\"status\":7,\"reason\":[],\"argv\":{},\"labels\":[],\"usage\":\"x\",\"limits\":[1],"
		"\"walls\":[{}],\"violations\":{\"a\":1},\"egress\":[],\"timeline\":[1],\"evidence\":[[]]}",
		"{\"argv\":[1,null,[],{}],\"violations\":[1,null,\"x\"],\"walls\":{\"a\":1,\"b\":null},"
		"\"limits\":{\"memory\":1,\"pids\":null,\"x\":{\"value\":\"y\"}},"
		"\"egress\":{\"denials\":[1,null,{}]},\"warnings\":[1,null,{}]}",
		"{\"timeline\":{\"samples\":[1,null,[],[1],[-5,-5,-5,-5],[\"a\",2],[3,4,5,6],[2,1,1,1]]}}",
		"{\"timeline\":{\"samples\":[[0,0,0,0],[0,0,0,0]]},\"usage\":{\"wall_ns\":0}}",
		"{\"timeline\":{\"samples\":[[1,9223372036854775807,9223372036854775807,5],"
		"[9223372036854775807,9223372036854775807,9223372036854775807,9223372036854775807]]},"
		"\"usage\":{\"wall_ns\":9223372036854775807,\"cpu_user_ns\":9223372036854775807,"
		"\"cpu_system_ns\":9223372036854775807,\"pids_peak\":9223372036854775807},"
		"\"limits\":{\"memory\":{\"value\":1},\"cpus\":{\"value\":9223372036854775807},"
		"\"pids\":{\"value\":9223372036854775807}},\"signal\":9223372036854775807}",
		"{\"usage\":{\"wall_ns\":-1,\"cpu_user_ns\":1.5,\"pids_peak\":true},\"exit_code\":-7}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		pages_are_sound(texts[i], texts[i]);
}

static void check_large(void)
{
	json_t *record = json_object(), *argv = json_array(), *walls = json_object(),
	       *samples = json_array();
	char *text, *word = malloc(100001);

	memset(word, 'x', 100000);
	word[100000] = '\0';
	for (unsigned i = 0; i < 1000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "w%u", i);
		json_array_append_new(argv, json_string("word"));
		json_object_set_new(walls, name, json_pack("{s:s}", "state", "applied"));
		json_array_append_new(samples, json_pack("[i,i,i,i]", i * 1000, i, i, 1));
	}
	json_array_append_new(argv, json_string(word));
	json_object_set_new(record, "argv", argv);
	json_object_set_new(record, "walls", walls);
	json_object_set_new(record, "warnings", json_pack("[s]", word));
	json_object_set_new(record, "timeline", json_pack("{s:o}", "samples", samples));
	text = json_dumps(record, 0);
	pages_are_sound(text, "a large record");
	says(text, SOUND_TEXT, "[100000 bytes in all]");
	says(text, SOUND_TEXT, "and 800 more");
	says(text, SOUND_MD, "and 800 more");
	free(text);
	free(word);
	json_decref(record);
}

int main(void)
{
	check_killed();
	check_verdicts();
	check_hostile();
	check_hardly();
	check_large();
	return done();
}
