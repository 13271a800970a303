"""The Jenkinsfile, executed: JenkinsPipelineUnit on Jenkins' Groovy, with the words of a declarative pipeline that ours uses."""
