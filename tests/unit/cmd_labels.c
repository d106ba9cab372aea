/* Labels of schedulers and CI systems: which variables, and who wins. */
#include "cmd/labels.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

/* "NAME=VALUE" pairs, as each system documents them. */
static const char *const slurm[] = { "SLURM_JOB_ID=77",
				     "SLURM_ARRAY_JOB_ID=70",
				     "SLURM_ARRAY_TASK_ID=7",
				     "SLURM_STEP_ID=0",
				     "SLURM_PROCID=3",
				     "SLURM_JOB_USER=somebody",
				     NULL };
static const char *const github[] = { "GITHUB_REPOSITORY=o/r",
				      "GITHUB_RUN_ID=1",
				      "GITHUB_RUN_ATTEMPT=2",
				      "GITHUB_JOB=build",
				      "GITHUB_TOKEN=hunter2",
				      "GITHUB_HEAD_REF=x",
				      NULL };
static const char *const gitlab[] = { "GITLAB_CI=true", "CI_PROJECT_PATH=g/p",	"CI_PIPELINE_ID=5",
				      "CI_JOB_ID=6",	"CI_JOB_TOKEN=hunter2", NULL };
static const char *const jenkins[] = { "JENKINS_URL=http://j/", "JOB_NAME=a/b", "BUILD_NUMBER=9",
				       "BUILD_TAG=jenkins-a-b-9", NULL };
static const char *const buildkite[] = { "BUILDKITE_PIPELINE_SLUG=p", "BUILDKITE_BUILD_NUMBER=4",
					 "BUILDKITE_JOB_ID=0a-1",
					 "BUILDKITE_AGENT_ACCESS_TOKEN=hunter2", NULL };
static const char *const others[] = { "JOB_NAME=mine", "BUILD_NUMBER=9", "CI_PIPELINE_ID=5",
				      "SLURM_JOB_ID=", NULL };

static const char *value_of(const char *const *set, const char *name)
{
	size_t len = strlen(name);

	for (; *set; set++)
		if (strncmp(*set, name, len) == 0 && (*set)[len] == '=')
			return *set + len + 1;
	return NULL;
}

#define LOOKUP(set)                                       \
	static const char *lookup_##set(const char *name) \
	{                                                 \
		return value_of(set, name);               \
	}
LOOKUP(slurm)
LOOKUP(github)
LOOKUP(gitlab)
LOOKUP(jenkins)
LOOKUP(buildkite)
LOOKUP(others)

static void gives(const char *(*lookup)(const char *), const char *want, const char *name)
{
	struct policy policy = { 0 };
	struct err e = { 0 };
	char got[256] = "";

	ok(labels_add(&policy, lookup, &e) == 0, "%s", name);
	for (size_t i = 0; i < policy.label_count; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s=%s", i ? " " : "",
			 policy.labels[i].name, policy.labels[i].value);
	is_str(got, want, "%s", name);
	ok(!strstr(got, "hunter2"), "no token");
	policy_release(&policy);
}

static void check_own(void)
{
	struct policy policy = { 0 };
	struct err e = { 0 };

	policy.labels = policy_grow(&policy, NULL, 0, sizeof(*policy.labels));
	policy.labels[policy.label_count++] = (struct env_entry){ (char[]){ "SLURM_JOB_ID" },
								  (char[]){ "mine" } };
	ok(labels_add(&policy, lookup_slurm, &e) == 0, "with a label of the user's");
	is_int((int)policy.label_count, 5, "no name twice");
	is_str(policy.labels[0].value, "mine", "the user's wins");
	policy_release(&policy);
}

int main(void)
{
	gives(lookup_slurm,
	      "SLURM_JOB_ID=77 SLURM_ARRAY_JOB_ID=70 SLURM_ARRAY_TASK_ID=7 SLURM_STEP_ID=0 "
	      "SLURM_PROCID=3",
	      "Slurm");
	gives(lookup_github,
	      "GITHUB_REPOSITORY=o/r GITHUB_RUN_ID=1 GITHUB_RUN_ATTEMPT=2 GITHUB_JOB=build",
	      "GitHub");
	gives(lookup_gitlab, "CI_PROJECT_PATH=g/p CI_PIPELINE_ID=5 CI_JOB_ID=6", "GitLab");
	gives(lookup_jenkins, "JOB_NAME=a/b BUILD_NUMBER=9 BUILD_TAG=jenkins-a-b-9", "Jenkins");
	gives(lookup_buildkite,
	      "BUILDKITE_PIPELINE_SLUG=p BUILDKITE_BUILD_NUMBER=4 BUILDKITE_JOB_ID=0a-1",
	      "Buildkite");
	gives(lookup_others, "", "names that are everybody's, without the system; an empty value");
	check_own();
	ok(labels_variable(0) && !labels_variable(1000), "the names can be listed");
	return done();
}
