/** A machine that runs steps: a fresh clone as its workspace, and a folder beside it, as Jenkins' `WORKSPACE_TMP`. */
class Agent {
  final String label
  final File workspace, temporary

  /** Take one. Throws Failed: the clone, or the build's `prepare`, did not end well. */
  Agent(String label, Build build) {
    this.label = label
    if (!build.runs) { return }
    int number = build.folder.list({ folder, name -> name ==~ /agent-\d+/ } as FilenameFilter).size()
    workspace = new File(build.folder, "agent-${number}")
    temporary = new File(build.folder, "agent-${number}@tmp")
    temporary.mkdirs()
    String origin = "git -C ${build.checkout} remote get-url origin".execute().text.trim()
    command(['git', 'clone', '--quiet', '--local', build.checkout, workspace], build.folder, System.getenv())
    command(['git', 'remote', 'set-url', 'origin', origin], workspace, System.getenv())
    if (build.prepare) { command(build.prepare, workspace, System.getenv()) }
  }

  /** What Jenkins tells steps of it. */
  Map<String, String> variables() {
    workspace ? [WORKSPACE: workspace.path, WORKSPACE_TMP: temporary.path] : [WORKSPACE: '/workspace', WORKSPACE_TMP: '/workspace@tmp']
  }

  /** As Jenkins' `sh` runs a script: by the machine's own variables and these, its output in the build's. */
  void shell(String script, Map<String, String> variables) {
    command(['sh', '-xe', '-c', script], workspace, System.getenv() + variables)
  }

  private static void command(List what, File folder, Map<String, String> environment) {
    System.out.flush()
    ProcessBuilder builder = new ProcessBuilder(what*.toString()).directory(folder).redirectErrorStream(true)
    builder.redirectInput(new File('/dev/null')).redirectOutput(ProcessBuilder.Redirect.INHERIT)
    builder.environment().clear()
    builder.environment().putAll(environment)
    int status = builder.start().waitFor()
    if (status) { throw new Failed("${what.last()}: ended with status ${status}") }
  }
}
