/* labels.c - the variables that tell which job a run belonged to.
 *
 * Taken: what finds the job again, in the words of its system.  Not taken: anything that may be a
 * credential, or that an outsider writes (branch names, commit messages). */
#include "cmd/labels.h"

#include <errno.h>
#include <string.h>

/* name, and the variable by which its system is known: "" = the name itself says it */
static const struct {
	const char *name, *only_with;
} variables[] = {
	/* sbatch(1), srun(1): OUTPUT ENVIRONMENT VARIABLES */
	{ "SLURM_JOB_ID", "" },
	{ "SLURM_ARRAY_JOB_ID", "" },
	{ "SLURM_ARRAY_TASK_ID", "" },
	{ "SLURM_STEP_ID", "" },
	{ "SLURM_PROCID", "" },
	/* GitHub Actions: default environment variables */
	{ "GITHUB_REPOSITORY", "" },
	{ "GITHUB_RUN_ID", "" },
	{ "GITHUB_RUN_ATTEMPT", "" },
	{ "GITHUB_JOB", "" },
	/* GitLab: predefined variables */
	{ "CI_PROJECT_PATH", "GITLAB_CI" },
	{ "CI_PIPELINE_ID", "GITLAB_CI" },
	{ "CI_JOB_ID", "" },
	/* Jenkins: its names are everybody's words */
	{ "JOB_NAME", "JENKINS_URL" },
	{ "BUILD_NUMBER", "JENKINS_URL" },
	{ "BUILD_TAG", "JENKINS_URL" },
	/* Buildkite */
	{ "BUILDKITE_PIPELINE_SLUG", "" },
	{ "BUILDKITE_BUILD_NUMBER", "" },
	{ "BUILDKITE_JOB_ID", "" },
};

#define COUNT (sizeof(variables) / sizeof(variables[0]))

static bool is_named(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->label_count; i++)
		if (strcmp(policy->labels[i].name, name) == 0)
			return true;
	return false;
}

static int add(struct policy *policy, const char *name, const char *value, struct err *e)
{
	struct env_entry *grown = policy_grow(policy, policy->labels, policy->label_count,
					      sizeof(*grown));
	struct env_entry entry = { policy_printf(policy, "%s", name),
				   policy_printf(policy, "%s", value) };

	if (!grown || !entry.name || !entry.value)
		return err_nomem(e);
	policy->labels = grown;
	grown[policy->label_count++] = entry;
	return 0;
}

int labels_add(struct policy *policy, const char *(*lookup)(const char *name), struct err *e)
{
	for (size_t i = 0; i < COUNT; i++) {
		const char *value = lookup(variables[i].name), *system = variables[i].only_with;

		if (!value || !*value || (*system && !lookup(system)) ||
		    is_named(policy, variables[i].name))
			continue;
		if (add(policy, variables[i].name, value, e) != 0)
			return -1;
	}
	return 0;
}

const char *labels_variable(size_t index)
{
	return index < COUNT ? variables[index].name : NULL;
}
