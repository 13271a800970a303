/** The Jenkinsfile holds what Jenkins, or this harness, does not take. Nothing catches it: the run ends with status 2. */
class Refused extends RuntimeException {
  Refused(String message) { super(message) }
}
