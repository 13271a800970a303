# Stands in for the Makefile: writes down each call, leaves what a preview leaves, and fails where FAIL says.
check test preview comment deploy drift report:
	@echo "$@ $(ENV)" >> "$(LOG)"
	@echo "$@ $(ENV) finds [$$(ls .review 2>/dev/null | tr '\n' ' ')] with profile [$$AWS_PROFILE] and state [$$PULUMI_BACKEND_URL]"
	@mkdir -p .review && if [ "$@" = preview ]; then : > ".review/$(ENV).json"; : > ".review/$(ENV).plan"; fi
	@if [ "$@" = drift ]; then : > ".review/drift-$(ENV).json"; fi
	@[ "$(strip $@ $(ENV))" != "$(FAIL)" ]
.PHONY: check test preview comment deploy drift report
