import groovy.json.JsonOutput
import groovy.json.JsonSlurper

/**
 * One build: what Jenkins tells it, what it is given, and what it did.
 *
 * It is read from a JSON file, of which every key must be there:
 *     jenkinsfile   the definition
 *     env           {name: value}: what Jenkins, the folder and the branch say (BRANCH_NAME, CHANGE_ID, …)
 *     params        {name: value}: parameters that differ from their defaults
 *     causes        [class name]: why it was started
 *     approvals     [submitter]: on whose behalf a person says yes to an `input`; everyone else says no
 *     credentials   {id: content}
 *     checkout      the repository that every agent clones
 *     folder        an empty one, for the agents' workspaces and for what is stashed and archived
 *     prepare       [argument]: a command, run in each new workspace; empty for none
 *     runs          whether `sh` runs; else it is only written down
 *     record        a file: each step as one line of JSON, and how the build ended as the last
 */
class Build {
  private static final Set<String> KEYS =
    ['jenkinsfile', 'env', 'params', 'causes', 'approvals', 'credentials', 'checkout', 'folder', 'prepare', 'runs', 'record'] as Set

  final Map env, params, credentials
  final List<String> causes, approvals, prepare
  final File jenkinsfile, checkout, folder
  final boolean runs
  private final File record

  Build(File file) {
    Map told = new JsonSlurper().parse(file)
    if (told.keySet() != KEYS) {
      throw new Refused("${file}: keys ${told.keySet().sort()}; they must be ${KEYS.sort()}")
    }
    (env, params, credentials) = [told.env, told.params, told.credentials].collect { new HashMap(it) }
    (causes, approvals, prepare) = [told.causes, told.approvals, told.prepare].collect { it*.toString() }
    (jenkinsfile, checkout, folder, record) = [told.jenkinsfile, told.checkout, told.folder, told.record].collect { new File(it) }
    runs = told.runs
  }

  /** Write down what happened. */
  void note(Map event) { record.append(JsonOutput.toJson(event) + '\n') }
}
