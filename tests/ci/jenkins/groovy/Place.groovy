/** Where the build is: a block of the file that is open, and what holds in it. */
class Place {
  final String kind // 'stage', 'steps', 'when', …
  final String name // of a stage
  final Place outer
  final Map<String, Object> parts = [:] // of a pipeline or a stage: what it declares, not carried out yet
  final List<Closure> stages = [] // of `stages` and `parallel`: what runs each
  final List<Closure> conditions = [] // of `when`
  Agent agent
  Long minutes // until a timeout here ends it
  boolean failed, beforeInput

  Place(String kind, Place outer, String name = null) {
    this.kind = kind
    this.outer = outer
    this.name = name
  }

  List<String> path() { (outer?.path() ?: []) + (kind == 'stage' ? [name] : []) }

  /** The agent of the innermost stage that has one; null where none is held. */
  Agent held() { agent ?: outer?.held() }

  /** Until the first timeout ends what runs here; null without one. */
  Long limit() { [minutes, outer?.limit()].findAll { it != null }.min() }

  /** What is caught here is a failure of this stage all the same, and of those that it is in. */
  void fail() {
    failed = true
    outer?.fail()
  }
}
