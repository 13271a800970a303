import com.lesfurets.jenkins.unit.cps.PipelineTestHelperCPS

/**
 * JenkinsPipelineUnit, without the steps that it lets pass: what nobody registered is refused, Groovy's own methods of a script
 * (`sleep`, `every`) included. The file is transformed for continuations as Jenkins does it, and what it holds between two
 * steps must be serializable.
 */
class Strict extends PipelineTestHelperCPS {
  Strict() {
    allowedMethodCallbacks.clear()
  }

  @Override
  def getMethodInterceptor() {
    Closure inherited = super.getMethodInterceptor()
    return { String name, Object[] arguments ->
      Class script = delegate instanceof Class ? delegate : delegate.class
      if (!isMethodAllowed(name, arguments) && !(name in script.declaredMethods*.name)) {
        String given = arguments.collect { it == null ? 'null' : it.getClass().simpleName.replaceFirst(/^_.*|.*closure.*/, 'Closure') }.join(', ')
        throw new Refused("${name}(${given}): no such step, section or condition here; add it to tests/ci/jenkins/groovy if Jenkins has it")
      }
      Closure interceptor = inherited.clone()
      interceptor.delegate = delegate
      return interceptor.call(name, arguments)
    }
  }
}
