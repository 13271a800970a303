// Stands in for Jenkins: the words of a declarative pipeline that ours uses, and what they mean. A word that is not here is an
// error. `sh` really runs; agents, stashes and the wait for an approval do not: all stages share this folder.
//
//     java -cp groovy.jar groovy.ui.GroovyMain Jenkins.groovy JENKINSFILE
//
// The build is told by its environment, as Jenkins tells it (BRANCH_NAME, CHANGE_ID, CHANGE_FORK, WORKSPACE_TMP), and by
// STAND_IN_TIMER (started by the clock), STAND_IN_APPROVES (a person says yes) and STAND_IN_CREDENTIALS (where files lie).

import org.codehaus.groovy.control.CompilerConfiguration

class Stage {
  String name
  Closure when, input, stages, steps, post
}

abstract class Declarative extends Script {
  final Map env = new HashMap(System.getenv())
  final Map params = [DRIFT: System.getenv('DRIFT') == 'true']
  final String none = 'none'
  final Object currentBuild = new Expando(getBuildCauses: { String cause -> env.STAND_IN_TIMER ? [cause] : [] })

  private final List<Stage> open = []
  private List<Boolean> conditions
  private boolean failed

  // The pipeline
  void pipeline(Closure body) {
    Stage whole = new Stage(name: 'pipeline')
    open.push(whole)
    body()
    open.pop()
    whole.stages()
    if (failed) { throw new IllegalStateException('a stage failed') }
  }
  void agent(Object where) { }
  void label(String name) { }
  void options(Closure body) { body() }
  void disableConcurrentBuilds() { }
  void buildDiscarder(Object strategy) { }
  Object logRotator(Map how) { null }
  void parameters(Closure body) { body() }
  void booleanParam(Map what) { }
  void triggers(Closure body) { body() }
  void cron(String spec) { }

  // A stage: what it says is noted, and done in Jenkins' order
  void stages(Closure body) { open.head().stages = body }
  void steps(Closure body) { open.head().steps = body }
  void post(Closure body) { open.head().post = body }
  void when(Closure body) { open.head().when = body }
  void input(Closure body) { open.head().input = body }
  void stage(String name, Closure body) {
    Stage stage = new Stage(name: name)
    open.push(stage)
    body()
    open.pop()
    if (!holds(stage.when)) { return }
    if (stage.input) {
      stage.input()
      if (!env.STAND_IN_APPROVES) { throw new IllegalStateException("${name}: nobody approved") }
    }
    try {
      (stage.stages ?: stage.steps).call()
    } finally {
      stage.post?.call()
    }
  }
  void always(Closure body) { body() }
  void message(String text) { }
  void submitter(String who) { }

  // Conditions, all of which must hold
  private boolean holds(Closure condition) {
    conditions = []
    condition?.call()
    return conditions.every()
  }
  void beforeInput(boolean first) { }
  void branch(String name) { conditions << (env.BRANCH_NAME == name) }
  void changeRequest() { conditions << (env.CHANGE_ID != null) }
  void expression(Closure body) { conditions << (body() as boolean) }

  // Steps
  void sh(String script) {
    println "+ ${script}"
    Process process = new ProcessBuilder('sh', '-e', '-c', script).inheritIO().with {
      environment().clear()
      environment().putAll(env)
      start()
    }
    if (process.waitFor()) { throw new IllegalStateException("${script}: failed") }
  }
  void stash(Map what) { }
  void unstash(String name) { }
  void timeout(Map limit, Closure body = null) { body?.call() }
  void catchError(Map how, Closure body) {
    try {
      body()
    } catch (IllegalStateException error) {
      println error.message
      failed = true
    }
  }
  void withEnv(List variables, Closure body) {
    Map before = new HashMap(env)
    variables.each { it -> env.put(*"${it}".split('=', 2)) }
    try { body() } finally { env.clear(); env.putAll(before) }
  }
  void withCredentials(List bound, Closure body) { withEnv(bound, body) }
  String file(Map what) { "${what.variable}=${env.STAND_IN_CREDENTIALS}/${what.credentialsId}" }
  String string(Map what) { "${what.variable}=${new File(env.STAND_IN_CREDENTIALS, what.credentialsId).text}" }
}

CompilerConfiguration words = new CompilerConfiguration(scriptBaseClass: Declarative.name)
try {
  new GroovyShell(this.class.classLoader, new Binding(), words).evaluate(new File(args[0]))
} catch (IllegalStateException error) {
  println "the build failed: ${error.message}"
  System.exit(1)
}
