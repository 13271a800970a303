// Runs builds of a Jenkinsfile by JenkinsPipelineUnit, one after the other; how each ended is the last line of its record.
// Standard input names a BUILD.json a line; after each, with its output before it, `ended BUILD.json` is written.
//
//     java -cp JARS:FOLDER groovy.ui.GroovyMain Run.groovy

/** `currentBuild`, as far as the file looks at it. */
class CurrentBuild implements Serializable {
  List<String> causes

  List<Map> getBuildCauses(String name) { causes.findAll { it == name }.collect { [_class: it] } }
}

/** Whether the build went well. Throws Failed, or what is wrong with the file. */
boolean run(Build build) {
  String folder = build.jenkinsfile.absoluteFile.parent
  Strict helper = new Strict()
  helper.scriptRoots = [folder] as String[]
  helper.baseScriptRoot = folder
  helper.baseClassloader = this.class.classLoader
  helper.scriptExtension = ''
  helper.init()
  Declarative declarative = new Declarative(helper, build)
  new Steps(helper, build, declarative)
  CurrentBuild current = new CurrentBuild(causes: build.causes)
  helper.runScript(build.jenkinsfile.name, new Binding(env: build.env, params: build.params, none: 'none', currentBuild: current))
  return !declarative.failed()
}

/** What is wrong, and why, and why that. */
String causes(Throwable error) { "${error}" + (error.cause ? ": ${causes(error.cause)}" : '') }

System.in.eachLine { file ->
  Build build = new Build(new File(file))
  try {
    build.note(event: 'end', result: run(build) ? 'SUCCESS' : 'FAILURE', message: '')
  } catch (Failed failure) {
    println failure.message
    build.note(event: 'end', result: 'FAILURE', message: failure.message)
  } catch (Throwable error) { // `assert` and what no class is found for are no Exceptions
    build.note(event: 'end', result: 'REFUSED', message: error instanceof Refused ? error.message : causes(error))
  }
  println "ended ${file}"
  System.out.flush()
}
