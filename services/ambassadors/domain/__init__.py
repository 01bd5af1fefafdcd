"""Rules of ambassadors, activity requests and visits: pure, without a store, a clock or a loop."""
