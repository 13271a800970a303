import java.nio.file.Files
import java.nio.file.FileSystems
import java.nio.file.StandardCopyOption

/** The steps that the file takes. `sh` runs; what is stashed and archived is copied; a credential is bound, and its file removed. */
class Steps {
  private static final List<String> WHERE = ['steps', 'always', 'failure']

  private final Strict helper
  private final Build build
  private final Declarative file
  private final Map<String, String> bound = [:] // variables, for the record
  private final List<String> credentials = []

  Steps(Strict helper, Build build, Declarative file) {
    this.helper = helper
    this.build = build
    this.file = file
    step('sh', [String]) { script -> sh("${script}") }
    step('stash', [Map]) { Map what -> Declarative.only(what, ['name', 'includes']); keep(what.name, 'stash', what.includes, false) }
    step('unstash', [String]) { String name -> unstash(name) }
    step('archiveArtifacts', [Map]) { Map what ->
      Declarative.only(what, ['artifacts', 'allowEmptyArchive'])
      keep('', 'archive', what.artifacts, what.allowEmptyArchive)
    }
    step('timeout', [Map, Closure]) { Map limit, Closure body -> timeout(limit, body) }
    step('catchError', [Map, Closure]) { Map how, Closure body -> Declarative.only(how, ['stageResult']); catchError(body) }
    step('withEnv', [List, Closure]) { List variables, Closure body -> withEnv(pairs(variables), body) }
    step('withCredentials', [List, Closure]) { List bindings, Closure body -> withCredentials(bindings, body) }
    ['file', 'string'].each { kind ->
      step(kind, [Map]) { Map what -> Declarative.only(what, ['credentialsId', 'variable']) + [kind: kind] }
    }
  }

  private void step(String name, List<Class> types, Closure meaning) { file.word(name, WHERE, types, meaning) }

  private Agent agent(String step) {
    Agent held = file.place().held()
    if (!held) { throw new Refused("${step} in stage ${file.place().path()}: needs an agent, and none is held") }
    return held
  }

  private void sh(String script) {
    Agent held = agent('sh')
    Place place = file.place()
    build.note(
      event: 'sh', stage: place.path(), script: script, agent: held.label, minutes: place.limit(),
      variables: bound, credentials: credentials, after: place.kind == 'steps' ? null : place.kind,
    )
    if (build.runs) { held.shell(script, build.env) }
  }

  /** Copy what matches out of the workspace, into a folder of the build. */
  private void keep(String name, String kind, String globs, boolean mayBeEmpty) {
    Agent held = agent(kind)
    build.note(event: kind, stage: file.place().path(), name: name, includes: globs)
    if (!build.runs) { return }
    List matchers = globs.split(/,\s*/).collect { FileSystems.default.getPathMatcher("glob:${it}") }
    int count = 0
    held.workspace.eachFileRecurse(groovy.io.FileType.FILES) { found ->
      def relative = held.workspace.toPath().relativize(found.toPath())
      if (matchers.any { it.matches(relative) }) {
        copy(found, new File(build.folder, "${kind}/${name}/${relative}"))
        count++
      }
    }
    if (!count && !mayBeEmpty) { throw new Failed("${kind} '${name}': no file matches ${globs}") }
  }

  private void unstash(String name) {
    Agent held = agent('unstash')
    build.note(event: 'unstash', stage: file.place().path(), name: name)
    if (!build.runs) { return }
    File stash = new File(build.folder, "stash/${name}")
    if (!stash.directory) { throw new Failed("no stash '${name}'") }
    stash.eachFileRecurse(groovy.io.FileType.FILES) { found ->
      copy(found, held.workspace.toPath().resolve(stash.toPath().relativize(found.toPath())).toFile())
    }
  }

  private static void copy(File source, File target) {
    target.parentFile.mkdirs()
    Files.copy(source.toPath(), target.toPath(), StandardCopyOption.REPLACE_EXISTING)
  }

  private void timeout(Map limit, Closure body) {
    Place place = new Place(file.place().kind, file.place())
    place.minutes = Declarative.minutes(limit)
    file.within(place, body)
  }

  private void catchError(Closure body) {
    Place place = file.place()
    try {
      helper.callClosure(body)
    } catch (Failed failure) {
      println failure.message
      place.fail()
    }
  }

  private static Map<String, String> pairs(List variables) {
    variables.collectEntries { it -> "${it}".split('=', 2) as List }
  }

  private void withEnv(Map<String, String> variables, Closure body) {
    Map before = new HashMap(build.env), boundBefore = new HashMap(bound)
    build.env.putAll(variables)
    bound.putAll(variables)
    try {
      helper.callClosure(body)
    } finally {
      build.env.clear()
      build.env.putAll(before)
      bound.clear()
      bound.putAll(boundBefore)
    }
  }

  private void withCredentials(List bindings, Closure body) {
    List<File> files = []
    Map<String, String> variables = bindings.collectEntries { binding ->
      String content = build.credentials[binding.credentialsId]
      if (content == null) { throw new Failed("Could not find credentials entry with ID '${binding.credentialsId}'") }
      if (binding.kind == 'string') { return [binding.variable, content] }
      File secret = build.runs ? new File(agent('file').temporary, "secret-${binding.credentialsId}") : new File('secret')
      if (build.runs) {
        secret.text = content
        files << secret
      }
      return [binding.variable, secret.path]
    }
    credentials.addAll(bindings*.credentialsId)
    try {
      withEnv(variables, body)
    } finally {
      bindings.each { credentials.remove(credentials.size() - 1) }
      files*.delete()
    }
  }
}
