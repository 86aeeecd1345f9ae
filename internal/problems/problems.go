// Package problems is how a configuration says what is wrong with it: all of it at
// once, one problem a line, each beginning with the path of its key as the
// configuration file has it.
package problems

import (
	"errors"
	"fmt"
)

// Under is what is wrong with a part of a configuration, as the whole reports it: key
// and a dot come before each problem of err, however they are joined. It is nil if err is.
func Under(key string, err error) error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return fmt.Errorf("%s.%w", key, err)
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, Under(key, e))
	}
	return errors.Join(all...)
}
