# Stands in for the Makefile: writes down each call and its variables, leaves what a preview leaves, and fails where FAIL says.
check test model preview render comment deploy drift report soak image tfma evidently build:
	@echo "$@ $(ENV)" >> "$(LOG)"
	@env >> "$(LOG).environment"
	@echo "$@ $(ENV) finds [$$(ls .review 2>/dev/null | tr '\n' ' ')] with profile [$$AWS_PROFILE] and state [$$PULUMI_BACKEND_URL]"
	@mkdir -p .review && if [ "$@" = preview ]; then : > ".review/$(ENV).json"; : > ".review/$(ENV).plan"; fi
	@if [ "$@" = model ]; then : > .review/model.page; fi
	@if [ "$@" = soak ]; then mkdir -p .soak/examples; : > .soak/report.xml; : > .soak/examples/one; fi
	@if [ "$@" = drift ]; then : > ".review/drift-$(ENV).json"; fi
	@[ "$(strip $@ $(ENV))" != "$(FAIL)" ]
.PHONY: check test model preview render comment deploy drift report soak image tfma evidently build
