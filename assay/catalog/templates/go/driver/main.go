package main

import (
	"assay/driver"
	clamp "submission"
)

func main() {
	driver.Serve(driver.Operations{"clamp": clamp.Clamp})
}
