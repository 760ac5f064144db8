"""What every detector shares: the contract, decision rules, and how one is fitted and asked."""
