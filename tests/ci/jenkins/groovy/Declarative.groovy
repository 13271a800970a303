import java.util.concurrent.TimeUnit

/** The sections of a declarative pipeline, where each may stand, and what they mean, in the order in which Jenkins does it. */
class Declarative {
  private static final Set<String> WORK = ['steps', 'stages', 'parallel'] as Set

  private final Strict helper
  private final Build build
  private final Set<String> declared = [] // parameters
  private Place here = new Place('file', null)

  Declarative(Strict helper, Build build) {
    this.helper = helper
    this.build = build
    word('pipeline', ['file'], [Closure]) { Closure body -> pipeline(body) }
    word('agent', ['pipeline', 'stage'], [Object]) { where -> part('agent', where) }
    word('options', ['pipeline', 'stage'], [Closure]) { Closure body -> part('options', body) }
    word('post', ['pipeline', 'stage'], [Closure]) { Closure body -> part('post', body) }
    word('parameters', ['pipeline'], [Closure]) { Closure body -> within('parameters', body) }
    word('triggers', ['pipeline'], [Closure]) { Closure body -> within('triggers', body) }
    word('stages', ['pipeline', 'stage'], [Closure]) { Closure body -> part('stages', body) }
    word('parallel', ['stage'], [Closure]) { Closure body -> part('parallel', body) }
    word('stage', ['stages', 'parallel'], [String, Closure]) { String name, Closure body -> here.stages << { stage(name, body) } }
    ['when', 'input', 'steps'].each { name -> word(name, ['stage'], [Closure]) { Closure body -> part(name, body) } }

    word('label', ['agent'], [String]) { String name -> here.parts.label = name }
    word('timeout', ['options'], [Map]) { Map limit -> here.outer.minutes = minutes(limit) }
    word('disableConcurrentBuilds', ['options'], []) { build.note(event: 'one at a time') }
    word('logRotator', ['options'], [Map]) { Map how -> only(how, ['numToKeepStr']) }
    word('buildDiscarder', ['options'], [Map]) { Map how -> }
    word('booleanParam', ['parameters'], [Map]) { Map what -> parameter(only(what, ['name', 'defaultValue', 'description'])) }
    word('cron', ['triggers'], [String]) { String spec -> cron(spec) }

    word('beforeInput', ['when'], [Boolean]) { Boolean first -> here.beforeInput = first }
    word('branch', ['when'], [String]) { String name -> here.conditions << { build.env.BRANCH_NAME == name } }
    word('tag', ['when'], [String]) { String glob -> here.conditions << { build.env.TAG_NAME ==~ glob.replace('.', '\\.').replace('*', '.*') } }
    word('changeRequest', ['when'], []) { here.conditions << { build.env.CHANGE_ID != null } }
    word('expression', ['when'], [Closure]) { Closure body -> here.conditions << { within('expression', body) } }
    ['message', 'submitter'].each { name -> word(name, ['input'], [String]) { String text -> here.parts[name] = text } }
    ['always', 'failure'].each { name -> word(name, ['post'], [Closure]) { Closure body -> part(name, body) } }
  }

  Place place() { here }

  /** Whether the build failed, also where it went on. */
  boolean failed() { here.failed }

  /** Register a word for the kinds of place in which it may stand. */
  void word(String name, List<String> places, List<Class> types, Closure meaning) {
    helper.registerAllowedMethod(name, types) { Object[] arguments ->
      if (!(here.kind in places)) {
        throw new Refused("${name}: stands in ${here.kind} of ${here.path()}; it may stand in ${places.join(', ')}")
      }
      meaning(*arguments)
    }
  }

  /** Run `body` in a place of its own; what it returns. */
  def within(Place place, Closure body) {
    here = place
    try {
      return helper.callClosure(body)
    } finally {
      here = place.outer
    }
  }

  def within(String kind, Closure body) { within(new Place(kind, here), body) }

  private void part(String name, Object what) {
    if (name in here.parts) { throw new Refused("${name}: twice in ${here.kind} of ${here.path()}") }
    here.parts[name] = what
  }

  private void pipeline(Closure body) {
    Place whole = new Place('pipeline', here)
    within(whole, body)
    if (!whole.parts.agent || !whole.parts.stages) { throw new Refused('pipeline: must have agent and stages') }
    Set unknown = build.params.keySet() - declared
    if (unknown) { throw new Refused("the build gives ${unknown}, which `parameters` does not declare") }
    carryOut(whole) { stages(whole.parts.stages, 'stages') }
  }

  private void parameter(Map what) {
    declared << what.name
    if (!(what.name in build.params)) { build.params[what.name] = what.defaultValue }
  }

  private void cron(String spec) {
    if (spec && !(spec ==~ /([H*\d][\d*,()\/-]*( |$)){5}/)) { throw new Refused("cron('${spec}'): five fields of numbers, *, H") }
    build.note(event: 'cron', spec: spec)
  }

  private void stage(String name, Closure body) {
    Place stage = new Place('stage', here, name)
    within(stage, body)
    List<String> work = stage.parts.keySet().findAll { it in WORK } as List
    if (work.size() != 1) { throw new Refused("stage ${stage.path()}: has ${work}; it must have one of ${WORK.join(', ')}") }
    Place condition = new Place('when', stage)
    if (stage.parts.when) { within(condition, stage.parts.when) }
    carryOut(stage, condition) {
      work == ['steps'] ? within('steps', stage.parts.steps) : stages(stage.parts[work[0]], work[0])
    }
  }

  /** Options, input, agent, conditions, work, post; conditions before the input where they say so. */
  private void carryOut(Place section, Place condition = new Place('when', section), Closure work) {
    here = section
    try {
      if (section.parts.options) { within('options', section.parts.options) }
      if (condition.beforeInput && !holds(condition)) { return }
      if (section.parts.input) { ask(section) }
      if (!condition.beforeInput && !holds(condition)) { return }
      take(section)
      Failed failure = attempt(section, work)
      failure = after(section) ?: failure
      if (failure) { throw failure }
    } finally {
      here = section.outer
    }
  }

  /** Carry out; the failure, of which the section knows then. */
  private Failed attempt(Place section, Closure work) {
    try {
      work()
      return null
    } catch (Failed failure) {
      section.fail()
      return failure
    } finally {
      here = section
    }
  }

  private boolean holds(Place condition) { condition.conditions.every { it() } }

  private void stages(Closure body, String how) {
    Place listed = new Place(how, here)
    within(listed, body)
    if (!listed.stages) { throw new Refused("${how} of ${here.path()}: no stage") }
    here = listed
    try {
      List<Failed> failures = []
      for (Closure stage : listed.stages) {
        try {
          stage()
        } catch (Failed failure) {
          if (how == 'stages') { throw failure } // those that follow are skipped
          failures << failure
        }
      }
      if (failures) { throw failures[0] }
    } finally {
      here = listed.outer
    }
  }

  private void take(Place section) {
    if (section.parts.agent == null || section.parts.agent == 'none') { return }
    Place described = new Place('agent', section)
    within(described, section.parts.agent as Closure)
    section.agent = new Agent(described.parts.label, build)
    build.env.putAll(section.agent.variables())
  }

  private void ask(Place section) {
    Place question = new Place('input', section)
    within(question, section.parts.input)
    String submitter = question.parts.submitter
    build.note(event: 'input', stage: section.path(), submitter: submitter, agent: section.held()?.label, minutes: section.limit())
    if (!(submitter in build.approvals)) { throw new Failed("${section.name}: nobody approved") }
  }

  /** What runs after the work, however that ended; the failure of it. */
  private Failed after(Place section) {
    if (!section.parts.post) { return null }
    Place post = new Place('post', section)
    within(post, section.parts.post)
    Closure always = post.parts.always, failed = post.parts.failure
    Failed failure = always ? attempt(section) { within('always', always) } : null
    return (failed && section.failed ? attempt(section) { within('failure', failed) } : null) ?: failure
  }

  /** A limit in minutes. */
  static long minutes(Map limit) {
    only(limit, ['time', 'unit'])
    TimeUnit unit = TimeUnit.values().find { it.name() == limit.unit }
    if (!unit) { throw new Refused("timeout(unit: '${limit.unit}'): allowed: ${TimeUnit.values().join(', ')}") }
    return unit.toMinutes(limit.time)
  }

  /** The arguments, which must be among those `allowed`. */
  static Map only(Map given, List<String> allowed) {
    if (given.keySet() - allowed) { throw new Refused("arguments ${given.keySet() - allowed}; allowed: ${allowed.join(', ')}") }
    return given
  }
}
